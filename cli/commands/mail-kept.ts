import { defineCommand } from 'citty'
import { findMail, type KeptMail, listMail, MAIL_STATES, resendMail } from '../../lib/mail/kept-mail.ts'
import { redactModel } from '../../lib/mail/mail-secrets.ts'
import { ArgumentMistake } from '../argument-mistake.ts'
import { limitArg, limitOf } from '../limit-option.ts'
import { configArg } from '../load-config-file.ts'
import { onDatabase } from '../on-database.ts'
import { sinceOf } from '../since-option.ts'

export const list = defineCommand({
  meta: {
    name: 'list',
    description: 'List mails, the newest first: state, template, recipient',
    examples: ['authlance mail list --since 1h', 'authlance mail list --dead --json'],
  },
  args: {
    ...configArg,
    state: { type: 'enum', options: [...MAIL_STATES], description: 'Only those in this state' },
    dead: { type: 'boolean', description: 'Only those that are not sent: dead letters and refused ones' },
    since: { type: 'string', valueHint: 'DURATION|TIME', description: 'How far back; default: all' },
    ...limitArg,
    json: { type: 'boolean', description: 'Print a JSON array' },
  },
  async run({ args }) {
    const { state, dead, limit } = args
    if (state && dead) throw new ArgumentMistake('either --state or --dead')
    const count = limitOf(limit)
    const states = dead ? (['dead', 'refused'] as const) : state && [state]
    const since = args.since === undefined ? undefined : sinceOf(args.since)

    const mails = await onDatabase(args.config, (db) =>
      listMail(db, { limit: count, ...(states && { states: [...states] }), ...(since && { since }) }),
    )
    if (args.json) console.log(JSON.stringify(mails.map(shown)))
    else for (const mail of mails) console.log(line(mail))
  },
})

export const show = defineCommand({
  meta: {
    name: 'show',
    description: 'Show one mail',
    examples: ['authlance mail show mail_4rX…', 'authlance mail show mail_4rX… --reveal'],
  },
  args: {
    ...configArg,
    id: { type: 'positional', required: true, description: "The mail's id" },
    reveal: { type: 'boolean', description: 'With its codes and links, which sign in' },
    json: { type: 'boolean', description: 'Print a JSON object' },
  },
  async run({ args }) {
    const found = await onDatabase(args.config, (db) => findMail(db, args.id))
    if (!found) throw new Error(`no mail ${args.id}`)
    const { mail, model } = found
    const carried = model && (args.reveal ? model : redactModel(model))
    if (args.json) console.log(JSON.stringify({ ...shown(mail), templateModel: carried ?? null }))
    else {
      for (const [name, value] of Object.entries(shown(mail)))
        if (value !== null) console.log(`${name}: ${printable(String(value))}`)
      console.log(`templateModel: ${carried ? printableLines(JSON.stringify(carried, null, 2)) : 'not kept'}`)
    }
  },
})

export const resend = defineCommand({
  meta: {
    name: 'resend',
    description: 'Send a delivered mail once more, as a new message',
    examples: ['authlance mail resend mail_4rX…'],
  },
  args: {
    ...configArg,
    id: { type: 'positional', required: true, description: "The mail's id" },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const sent = await onDatabase(args.config, (db) => resendMail(db, args.id, Date.now()))
    if ('refusal' in sent) throw new Error(sent.refusal)
    console.log(args.json ? JSON.stringify(sent) : `${sent.id} will be sent`)
  },
})

function shown({ createdAt, deliveredAt, ...mail }: KeptMail) {
  return { ...mail, createdAt: iso(createdAt), deliveredAt: deliveredAt && iso(deliveredAt) }
}

function line({ createdAt, state, id, template, to, error }: KeptMail): string {
  const parts = [iso(createdAt), state.padEnd(9), id, template ?? '-', printable(to ?? '-')]
  return [...parts, ...(error ? [printable(error)] : [])].join('  ')
}

// A refused address may hold line breaks and what a terminal takes for a command; a name too, of which JSON escapes a part.
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
}

function printableLines(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, ' ')
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
