import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../lib/db/migrate.ts'
import { openDatabase } from '../../runtime/node/database.ts'
import { addEvents, testConfig } from '../lib/events/outbox-fixture.ts'
import { startGateway, writeConfig } from '../parts/gateway.ts'
import { runCli } from '../parts/run-cli.ts'
import { tempDir } from '../parts/temp-dir.ts'

const MODEL = {
  email: 'ada@example.com',
  name: { first: 'Ada', last: 'Lovelace' },
  recovery_url: null,
  verification_url: 'https://app.example.com/verify?code=482913',
  recovery_code: null,
  verification_code: '482913',
  login_code: '771199',
}
const PAYLOAD = {
  to: 'ada@example.com',
  from: 'mail@example.org',
  templateId: 'verification_code_valid',
  templateModel: MODEL,
}

async function open({ payload = PAYLOAD } = {}) {
  const database = { file: join(tempDir('mail'), 'auth.sqlite') }
  const settings = { database, kratos: { url: 'http://127.0.0.1:9', adminUrl: 'http://127.0.0.1:9' } }
  const config = writeConfig(settings)
  const { db, close } = openDatabase(testConfig({ database }))
  await migrate(db, { tiers: [] })
  const [delivered] = await addEvents(db, 1, {
    subject: 'mail.send',
    payload: JSON.stringify(payload),
    state: 'relayed',
    relayed_at: 1_700_000_002_000,
  })
  const [refused] = await addEvents(db, 1, {
    subject: 'mail.send.refused',
    state: 'dead',
    payload: JSON.stringify({ to: 'ada\r\nBcc: eve', templateId: 'verification_code_valid' }),
    last_error: 'body.to: must be one e-mail address, without a line break',
    created_at: 1_700_000_001_000,
  })
  const [erased] = await addEvents(db, 1, {
    subject: 'mail.send.erased',
    state: 'relayed',
    relayed_at: 1_600_000_001_000,
    created_at: 1_600_000_000_000,
    payload: '{"to":"eve@example.com","from":"mail@example.org","templateId":"recovery_code_valid"}',
  })
  await close()
  const run = (command: string, ...args: string[]) => runCli('mail', command, '--config', config, ...args)
  return { run, settings, delivered: delivered!, refused: refused!, erased: erased! }
}

test('mail list shows state, template and recipient, each mail in one line', async () => {
  const { run, delivered, refused, erased } = await open()
  const listed = await run('list')
  expect(listed.stdout.trimEnd().split('\n')).toEqual([
    `2020-09-13T12:26:40.000Z  erased     ${erased}  recovery_code_valid  eve@example.com`,
    `2023-11-14T22:13:21.000Z  refused    ${refused}  verification_code_valid  ada Bcc: eve  body.to: must be one e-mail address, without a line break`,
    `2023-11-14T22:13:20.000Z  delivered  ${delivered}  verification_code_valid  ada@example.com`,
  ])
  const ids = async (...args: string[]) =>
    JSON.parse((await run('list', '--json', ...args)).stdout).map(({ id }: { id: string }) => id)
  expect(await ids('--dead')).toEqual([refused])
  expect(await ids('--state', 'delivered')).toEqual([delivered])
  expect(await ids('--since', '2023-01-01T00:00:00Z')).toEqual([refused, delivered])
  expect(await run('list', '--dead', '--state', 'dead')).toMatchObject({ code: 2 })
  expect(await run('list', '--limit', '0')).toMatchObject({ code: 2 })
})

test('mail show leaves codes and links out unless they are asked for', async () => {
  const { run, delivered, erased } = await open()
  const plain = await run('show', delivered)
  expect(plain.stdout).toContain('Lovelace')
  expect(plain.stdout + (await run('show', delivered, '--json')).stdout).not.toMatch(
    /482913|771199|app\.example/,
  )
  const revealed = JSON.parse((await run('show', delivered, '--json', '--reveal')).stdout)
  expect(revealed).toMatchObject({ state: 'delivered', templateModel: MODEL })
  expect((await run('show', erased)).stdout).toContain('templateModel: not kept')
  expect(await run('show', 'mail_x')).toMatchObject({ code: 1, stderr: 'authlance: no mail mail_x\n' })
})

test('mail show prints nothing that a terminal takes for a command', async () => {
  const named = { ...PAYLOAD, templateModel: { ...MODEL, name: { first: 'Ada\u009b2J', last: 'Lovelace' } } }
  const { run, refused, delivered } = await open({ payload: named })
  expect((await run('show', refused)).stdout).toContain('to: ada Bcc: eve\n')
  expect((await run('show', delivered)).stdout).toContain('"first": "Ada 2J"')
})

test('mail resend makes a new message, and says why it makes none', async () => {
  const { run, delivered, erased } = await open()
  const { code, stdout } = await run('resend', delivered, '--json')
  expect(code).toBe(0)
  const { id } = JSON.parse(stdout)
  expect(id).not.toBe(delivered)
  const listed = JSON.parse((await run('list', '--json', '--state', 'pending')).stdout)
  expect(listed).toMatchObject([{ id, to: PAYLOAD.to, template: PAYLOAD.templateId }])
  const failed = await run('resend', erased)
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('what it carried is erased')
})

test('mail test sends one with a code of its own, and tells whether a server took it on', async () => {
  const { run, settings } = await open()
  const waiting = await run('test', '--to', 'ada@example.com', '--wait', '0', '--json')
  expect(waiting).toMatchObject({ code: 1 })
  expect(JSON.parse(waiting.stdout)).toMatchObject({ state: 'pending' })

  const server = await startGateway(settings)
  onTestFinished(async () => void (await server.stop()))
  const sent = await run('test', '--to', 'ada@example.com', '--template', 'recovery_code_valid', '--json')
  expect(sent).toMatchObject({ code: 0 })
  const { id, state } = JSON.parse(sent.stdout)
  expect(state).toBe('delivered')
  const shown = JSON.parse((await run('show', id, '--json', '--reveal')).stdout)
  expect(shown).toMatchObject({
    from: 'mail@example.org',
    to: 'ada@example.com',
    template: 'recovery_code_valid',
    templateModel: { email: 'ada@example.com', name: { first: 'ada', last: 'ada' }, test: true },
  })
  expect(shown.templateModel.recovery_code).toMatch(/^\d{6}$/)

  expect(await run('test', '--to', 'ada')).toMatchObject({ code: 2 })
  expect(await run('test', '--to', 'ada@example.com', '--from', 'x')).toMatchObject({ code: 2 })
})
