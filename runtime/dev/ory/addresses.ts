import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Emulator } from './emulator.ts'
import type { RecoveryAddress, VerifiableAddress } from './identity.ts'
import { normaliseEmail } from './traits.ts'

/**
 * Makes `email` an identity's only address for verification and for recovery. What was known about it in `verifiable`
 * and `recovery` stays.
 */
export function replaceAddresses(
  database: DatabaseSync,
  identityId: string,
  verifiable: VerifiableAddress[],
  recovery: RecoveryAddress[],
  email: string,
  time: number,
): void {
  database.prepare('DELETE FROM verifiable_addresses WHERE identity_id = ?').run(identityId)
  database.prepare('DELETE FROM recovery_addresses WHERE identity_id = ?').run(identityId)
  const kept = verifiable.find(({ value }) => value === email)
  database
    .prepare(
      `INSERT INTO verifiable_addresses (id, identity_id, value, verified, status, verified_at, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      kept?.id ?? randomUUID(),
      identityId,
      email,
      kept?.verified ? 1 : 0,
      kept?.status ?? 'pending',
      kept?.verifiedAt ?? null,
      kept?.createdAt ?? time,
      kept?.updatedAt ?? time,
    )
  const known = recovery.find(({ value }) => value === email)
  database
    .prepare(
      'INSERT INTO recovery_addresses (id, identity_id, value, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
    )
    .run(known?.id ?? randomUUID(), identityId, email, known?.createdAt ?? time, known?.updatedAt ?? time)
}

/** Notes that a code has been mailed to a pending address. */
export function markAddressSent({ database, now }: Emulator, addressId: string): void {
  database
    .prepare(`UPDATE verifiable_addresses SET status = 'sent', updated_at = ? WHERE id = ?`)
    .run(now(), addressId)
}

export function markAddressVerified({ database, now }: Emulator, addressId: string): void {
  const time = now()
  database
    .prepare(
      `UPDATE verifiable_addresses SET verified = 1, status = 'completed', verified_at = ?, updated_at = ? WHERE id = ?`,
    )
    .run(time, time, addressId)
}

/** The identity that an address belongs to, with the address' id. */
export function findAddress(
  { database }: Emulator,
  kind: 'verifiable' | 'recovery',
  value: string,
): { id: string; identityId: string; value: string } | undefined {
  const row = database.prepare(`SELECT * FROM ${kind}_addresses WHERE value = ?`).get(normaliseEmail(value))
  return row && { id: row.id as string, identityId: row.identity_id as string, value: row.value as string }
}
