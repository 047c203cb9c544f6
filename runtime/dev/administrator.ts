import { ADMINISTRATOR } from './dev-config.ts'

/**
 * Gives the administrator an identity with a known password, unless it has one already. Its address counts as verified,
 * so that the configured grant binds to it.
 * @throws when the admin API refuses
 */
export async function ensureAdministrator(adminUrl: string): Promise<void> {
  const { email, password, firstName, lastName } = ADMINISTRATOR
  const found = await fetch(
    `${adminUrl}/admin/identities?credentials_identifier=${encodeURIComponent(email)}`,
  )
  if (found.ok && ((await found.json()) as unknown[]).length > 0) return

  const created = await fetch(`${adminUrl}/admin/identities`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      schema_id: 'default',
      state: 'active',
      traits: { email, name: { first: firstName, last: lastName } },
      credentials: { password: { config: { password } } },
      verifiable_addresses: [{ value: email, via: 'email', verified: true, status: 'completed' }],
    }),
  })
  if (!created.ok)
    throw new Error(`the administrator could not be made: the admin API answered ${created.status}`)
}
