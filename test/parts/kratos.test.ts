import { describe, expect, inject, test } from 'vitest'
import { requirePart } from './available.ts'
import { startKratos } from './kratos.ts'

describe.skipIf(requirePart('kratos'))('startKratos', () => {
  test('keeps identities and addresses through a kill', async () => {
    const kratos = await startKratos()
    const created = await fetch(`${kratos.adminUrl}/admin/identities`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema_id: 'default', traits: { email: 'kept@example.org' } }),
    })
    expect(created.status).toBe(201)
    const { id } = (await created.json()) as { id: string }

    await kratos.kill()
    await kratos.restart()
    expect((await fetch(`${kratos.adminUrl}/admin/identities/${id}`)).status).toBe(200)
    await kratos.stop()
    await expect(fetch(`${kratos.publicUrl}/health/alive`)).rejects.toThrow()
  })

  test('is shared by the test run under its own public address', async () => {
    const { publicUrl } = inject('kratos')!
    const response = await fetch(`${publicUrl}/self-service/login/api`)
    expect(response.status).toBe(200)
    const { ui } = (await response.json()) as { ui: { action: string } }
    expect(ui.action).toMatch(new RegExp(`^${publicUrl}/`))
  })
})
