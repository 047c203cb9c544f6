import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { startKratos } from '../../../parts/kratos.ts'
import { publicBaseUrl, type Target, type TargetMail, uiBaseUrl } from './target.ts'

/** The real Kratos 1.3.1 on SQLite, with a mail receiver of its own. */
export async function startKratosTarget(): Promise<Target> {
  const mailbox = await startMailbox()
  const kratos = await startKratos({
    publicBaseUrl,
    uiBaseUrl,
    courierUrl: mailbox.url,
    courierPullWait: '100ms',
  })
  const file = join(kratos.dir, 'kratos.sqlite')

  function update(sql: string, ...values: string[]) {
    const database = new DatabaseSync(file, { timeout: 5000 })
    const { changes } = database.prepare(sql).run(...values)
    database.close()
    if (Number(changes) !== 1) throw new Error(`${changes} rows were changed by: ${sql}`)
  }

  return {
    publicUrl: kratos.publicUrl,
    adminUrl: kratos.adminUrl,
    publicFetch: (request) => fetch(request),
    adminFetch: (request) => fetch(request),
    nextMail: mailbox.next,
    async expireFlow(kind, id, minutesAgo) {
      update(`UPDATE selfservice_${kind}_flows SET expires_at = ? WHERE id = ?`, past(minutesAgo), id)
    },
    async ageSession(id, minutes) {
      update('UPDATE sessions SET authenticated_at = ? WHERE id = ?', past(minutes), id)
    },
    async expireCodes(kind, flowId) {
      const table = `identity_${kind}_codes`
      update(`UPDATE ${table} SET expires_at = ? WHERE selfservice_${kind}_flow_id = ?`, past(3), flowId)
    },
    async expireSession(id) {
      update('UPDATE sessions SET expires_at = ? WHERE id = ?', past(3), id)
    },
    async close() {
      await kratos.stop()
      await mailbox.close()
    },
  }
}

function past(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString().replace('T', ' ').replace('Z', '+00:00')
}

interface ReceivedMail {
  to: string
  templateId: string
  templateModel: { recovery_code: string | null; verification_code: string | null }
}

async function startMailbox() {
  const waiting: ReceivedMail[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    waiting.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mail`,
    async next(recipient: string): Promise<TargetMail> {
      for (let tries = 0; tries < 200; tries += 1) {
        const index = waiting.findIndex((mail) => mail.to === recipient)
        const [mail] = index < 0 ? [] : waiting.splice(index, 1)
        if (mail) {
          const { recovery_code, verification_code } = mail.templateModel
          return { templateType: mail.templateId, code: recovery_code ?? verification_code ?? '' }
        }
        await sleep(50)
      }
      throw new Error(`no mail for ${recipient} within 10 s`)
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
