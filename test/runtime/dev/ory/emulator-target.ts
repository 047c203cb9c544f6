import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createOryEmulator } from '../../../../runtime/dev/ory/ory-emulator.ts'
import { publicBaseUrl, type Target, type TargetMail, uiBaseUrl } from './target.ts'

/** The emulator on a file of its own, without a port: requests carry made-up origins. */
export function startEmulatorTarget(): Target {
  const directory = mkdtempSync(join(tmpdir(), 'ory-emulator-'))
  const dataFile = join(directory, 'ory.sqlite')
  const adminUrl = 'http://127.0.0.1:4434'
  const mails: (TargetMail & { recipient: string })[] = []
  const emulator = createOryEmulator({
    publicBaseUrl,
    adminBaseUrl: adminUrl,
    dataFile,
    uiUrls: uiUrls(uiBaseUrl),
    onError(error) {
      throw error
    },
    onMail: ({ recipient, templateType, code }) => void mails.push({ recipient, templateType, code }),
  })

  function update(sql: string, ...values: (string | number)[]) {
    const database = new DatabaseSync(dataFile, { timeout: 5000 })
    const { changes } = database.prepare(sql).run(...values)
    database.close()
    if (Number(changes) !== 1) throw new Error(`${changes} rows were changed by: ${sql}`)
  }

  return {
    publicUrl: 'http://127.0.0.1:4433',
    adminUrl,
    publicFetch: emulator.publicFetch,
    adminFetch: emulator.adminFetch,
    async nextMail(recipient) {
      const index = mails.findIndex((mail) => mail.recipient === recipient)
      const [mail] = index < 0 ? [] : mails.splice(index, 1)
      if (!mail) throw new Error(`no mail for ${recipient}`)
      return { templateType: mail.templateType, code: mail.code }
    },
    async expireFlow(kind, id, minutesAgo) {
      update(
        'UPDATE flows SET expires_at = ? WHERE id = ? AND kind = ?',
        Date.now() - minutesAgo * 60_000,
        id,
        kind,
      )
    },
    async ageSession(id, minutes) {
      update('UPDATE sessions SET authenticated_at = ? WHERE id = ?', Date.now() - minutes * 60_000, id)
    },
    async expireCodes(kind, flowId) {
      update(
        'UPDATE codes SET expires_at = ? WHERE flow_id = ? AND kind = ?',
        Date.now() - 180_000,
        flowId,
        kind,
      )
    },
    async expireSession(id) {
      update('UPDATE sessions SET expires_at = ? WHERE id = ?', Date.now() - 180_000, id)
    },
    async close() {
      emulator.close()
      rmSync(directory, { recursive: true })
    },
  }
}

export function uiUrls(base: string) {
  return {
    default: `${base}/`,
    login: `${base}/login`,
    registration: `${base}/register`,
    recovery: `${base}/recovery`,
    verification: `${base}/verify`,
    settings: `${base}/user/profile`,
    error: `${base}/error`,
  }
}
