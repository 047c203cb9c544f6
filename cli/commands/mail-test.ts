import { setTimeout as sleep } from 'node:timers/promises'
import { defineCommand } from 'citty'
import type { Kysely } from 'kysely'
import { secretValues } from '../../lib/config/secrets.ts'
import type { Database } from '../../lib/db/tables.ts'
import { newTrace } from '../../lib/http/trace.ts'
import { findMail, type KeptMail, listMail } from '../../lib/mail/kept-mail.ts'
import { createMailIntake } from '../../lib/mail/mail-intake.ts'
import { parseAddress } from '../../lib/mail/parse-address.ts'
import { testMail } from '../../lib/mail/test-mail.ts'
import { createLog } from '../../runtime/node/log.ts'
import { ArgumentMistake } from '../argument-mistake.ts'
import { configArg } from '../load-config-file.ts'
import { onDatabase } from '../on-database.ts'

const POLL_MS = 200

export const test = defineCommand({
  meta: {
    name: 'test',
    description: 'Send a mail with a made-up code the way a mail of Kratos goes, from the outbox on',
    examples: ['authlance mail test --to ada@example.com --template verification_code_valid'],
  },
  args: {
    ...configArg,
    to: { type: 'string', required: true, valueHint: 'ADDRESS', description: 'Who gets it' },
    template: {
      type: 'string',
      default: 'verification_code_valid',
      valueHint: 'ID',
      description: "The template, as Kratos' template types are called",
    },
    from: {
      type: 'string',
      valueHint: 'ADDRESS',
      description: "The sender; default: that of the newest mail, else no-reply at the recipient's domain",
    },
    wait: { type: 'string', default: '10', valueHint: 'SECONDS', description: 'How long to wait for NATS' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const { to, template } = args
    const recipient = parseAddress(to)
    if (!recipient) throw new ArgumentMistake('--to must be one e-mail address')
    if (args.from !== undefined && !parseAddress(args.from))
      throw new ArgumentMistake('--from must be one e-mail address')
    if (!/^\d{1,3}$/.test(args.wait)) throw new ArgumentMistake('--wait needs seconds, from 0 to 999')
    const mail = await onDatabase(args.config, async (db, config) => {
      const log = createLog(config.log.level, secretValues(config), process.stderr)
      const from = args.from ?? (await usualSender(db)) ?? `no-reply@${domainOf(recipient)}`
      const made = { ...testMail({ from, to, templateId: template }), now: Date.now(), trace: newTrace() }
      const { id, outcome } = await createMailIntake({ db, config, log }).take(made)
      if (outcome === 'unavailable') throw new Error('it does not take the mail')
      return settled(db, id, Number(args.wait) * 1000)
    })
    const { id, state, error } = mail
    console.log(args.json ? JSON.stringify({ id, state, error }) : outcomeOf(mail))
    if (state !== 'delivered') process.exitCode = 1
  },
})

async function usualSender(db: Kysely<Database>): Promise<string | undefined> {
  const [newest] = await listMail(db, { states: ['delivered', 'erased'], limit: 1 })
  return newest?.from ?? undefined
}

function domainOf({ address, local }: { address: string; local: string }): string {
  return address.slice(local.length + 1)
}

/** The mail once a server has published it, or as it is when the time is over. */
async function settled(db: Kysely<Database>, id: string, waitMs: number): Promise<KeptMail> {
  const until = performance.now() + waitMs
  for (;;) {
    const { mail } = (await findMail(db, id))!
    if (mail.state !== 'pending' || performance.now() > until) return mail
    await sleep(POLL_MS)
  }
}

function outcomeOf({ id, state, error }: KeptMail): string {
  if (state === 'delivered') return `${id} is in NATS, for the consumer of mail.send`
  if (state === 'pending') return `${id} waits: is a server running, and does it reach NATS?`
  return `${id} is a dead letter: ${error}`
}
