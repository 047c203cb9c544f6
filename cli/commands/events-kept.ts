import { defineCommand } from 'citty'
import {
  EVENT_STATES,
  type EventSource,
  findKeptEvent,
  type KeptEvent,
  listKeptEvents,
  retryDeadEvents,
} from '../../lib/events/kept-events.ts'
import { ArgumentMistake } from '../argument-mistake.ts'
import { limitArg, limitOf } from '../limit-option.ts'
import { configArg } from '../load-config-file.ts'
import { onDatabase } from '../on-database.ts'
import { redactPayload } from '../redact-payload.ts'

const SOURCES: EventSource[] = ['outbox', 'stripe']

const listArgs = {
  ...configArg,
  source: { type: 'enum', options: SOURCES, description: 'Only one of both; default: both' },
  ...limitArg,
  json: { type: 'boolean', description: 'Print a JSON array' },
} as const

export const list = defineCommand({
  meta: {
    name: 'list',
    description: 'List events of the outbox and those that Stripe sent, the newest first',
    examples: ['authlance events list --source stripe --state pending', 'authlance events list --json'],
  },
  args: {
    ...listArgs,
    state: { type: 'enum', options: [...EVENT_STATES], description: 'Only those in this state' },
  },
  async run({ args }) {
    const { source, state } = args
    await printEvents(args, { ...(source && { source }), ...(state && { state }) })
  },
})

export const dead = defineCommand({
  meta: {
    name: 'dead',
    description: 'List dead letters with the reason of each',
    examples: ['authlance events dead', 'authlance events dead --source stripe --json'],
  },
  args: listArgs,
  async run({ args }) {
    await printEvents(args, { ...(args.source && { source: args.source }), state: 'dead' })
  },
})

export const show = defineCommand({
  meta: {
    name: 'show',
    description: 'Show one event',
    examples: [
      'authlance events show evt_1QxYz',
      'authlance events show 0b5f7a52-5d0e-4c46-8f0a-6f1f4f6f2a11 --payload',
    ],
  },
  args: {
    ...configArg,
    id: { type: 'positional', required: true, description: "The event's id" },
    payload: { type: 'boolean', description: 'With what it carries, secrets left out' },
    json: { type: 'boolean', description: 'Print a JSON object' },
  },
  async run({ args }) {
    const found = await onDatabase(args.config, (db) => findKeptEvent(db, args.id))
    if (!found) throw new Error(`no event ${args.id}`)
    const { event, payload } = found
    const carried = args.payload ? { payload: payload && redactPayload(event.type, payload) } : {}
    if (args.json) console.log(JSON.stringify({ ...shown(event), ...carried }))
    else {
      for (const [name, value] of Object.entries(shown(event)))
        if (value !== null) console.log(`${name}: ${value}`)
      if (args.payload)
        console.log(payload === null ? 'payload: pruned' : JSON.stringify(carried.payload, null, 2))
    }
  },
})

export const retry = defineCommand({
  meta: {
    name: 'retry',
    description: 'Let the server try dead letters again',
    examples: ['authlance events retry evt_1QxYz', 'authlance events retry --all'],
  },
  args: {
    ...configArg,
    id: { type: 'positional', required: false, description: "The dead letter's id" },
    all: { type: 'boolean', description: 'Every dead letter' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const { id, all = false } = args
    if ((id !== undefined) === all) throw new ArgumentMistake('either ID or --all is needed')
    const retried = await onDatabase(args.config, (db) => retryDeadEvents(db, id))
    if (id !== undefined && retried === 0) throw new Error(`no dead letter ${id} that can be tried again`)
    console.log(args.json ? JSON.stringify({ retried }) : `${retried} dead letters will be tried again`)
  },
})

async function printEvents(
  { config, limit, json }: { config?: string; limit: string; json?: boolean },
  filter: Omit<Parameters<typeof listKeptEvents>[1], 'limit'>,
): Promise<void> {
  const most = limitOf(limit)
  const events = await onDatabase(config, (db) => listKeptEvents(db, { ...filter, limit: most }))
  if (json) console.log(JSON.stringify(events.map(shown)))
  else for (const event of events) console.log(line(event))
}

function shown({ createdAt, settledAt, ...event }: KeptEvent) {
  return { ...event, createdAt: iso(createdAt), settledAt: settledAt && iso(settledAt) }
}

function line({ createdAt, source, state, type, id, error }: KeptEvent): string {
  const parts = [iso(createdAt), source.padEnd(6), state.padEnd(7), id, type]
  return [...parts, ...(error ? [error.replace(/\s+/g, ' ')] : [])].join('  ')
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
