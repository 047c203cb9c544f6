import type { Kysely } from 'kysely'
import { within } from '../async/pause.ts'
import type { Config } from '../config.ts'
import { insertAll } from '../db/dialect.ts'
import { databaseFailure } from '../db/errors.ts'
import { createGroupCommit } from '../db/group-commit.ts'
import type { Database, NewOutboxRow } from '../db/tables.ts'
import type { EventMessage, PublishResult } from '../events/bus.ts'
import { eventMessage } from '../events/message.ts'
import { outboxRow } from '../events/outbox.ts'
import type { Trace } from '../http/trace.ts'
import type { Log } from '../log.ts'
import { ALIKE_MS, type HmacSha256, importMailKey, type MailKey, mailId, recipientHash } from './mail-id.ts'
import { findName, lacksName, mailPayload } from './mail-payload.ts'
import { carriesCode } from './mail-secrets.ts'
import { type RefusedMail, refusedRow } from './refused-mail.ts'
import type { SendEmailMessage } from './send-email-message.ts'

/** Kratos tries for about ten seconds in all: a database that is silent so long counts as one that is away. */
const DATABASE_MS = 2000
const BUS_MS = 3000

export interface TakenMail {
  /** The body as it came: repeats are known by it. */
  raw: Uint8Array<ArrayBuffer>
  message: SendEmailMessage
  /** Milliseconds since the epoch. */
  now: number
  trace: Trace
}

/** `straight`: past the outbox, since the database is away. `unavailable`: neither took it. */
export type MailOutcome = 'accepted' | 'repeated' | 'straight' | 'unavailable'

/** Takes mail in, so that none is lost and none doubled. */
export interface MailIntake {
  /** Resolves after the commit, or the bus' acknowledgement. A repeat changes nothing. Never throws. */
  take(mail: TakenMail): Promise<{ id: string; outcome: MailOutcome }>
  /** Keeps what an operator needs of a mail that cannot be sent; where the database is away, nothing. Never throws. */
  refuse(mail: RefusedMail): Promise<{ id: string }>
  /** Stands for an address in the log. */
  hashRecipient(address: string): Promise<string>
}

export interface MailIntakeOptions {
  db: Kysely<Database>
  config: Pick<Config, 'mailAuth' | 'nats'>
  log: Log
  /** Publishes past the outbox; absent where no stream would keep the message. */
  publish?(message: EventMessage): Promise<PublishResult>
  /** Lets the host take in what has arrived, before a commit that may not let it. */
  nextTurn?(): Promise<void>
  /** Default: WebCrypto's. */
  hmac?: HmacSha256
}

interface MailRow {
  row: NewOutboxRow
  /** Aborted once NATS has the mail. */
  signal: AbortSignal
}

export function createMailIntake(options: MailIntakeOptions): MailIntake {
  const { db, config, log, publish, nextTurn, hmac } = options
  const insert = createGroupCommit<MailRow, boolean>({
    sizeOf: ({ row }) => row.payload.length,
    keepAll: (mails) => insertNew(db, rowsOf(mails)),
    keepOne: ({ row }) => insertOnce(db, row),
    // Those that went straight meanwhile: written hours later, they might find that NATS has forgotten their ids.
    isWanted: ({ signal }) => !signal.aborted,
    ...(nextTurn && { nextTurn }),
  })
  let importing: Promise<MailKey> | undefined
  const key = () => {
    importing ??= importMailKey(config.mailAuth, hmac)
    return importing
  }

  async function keep(mail: TakenMail, { id, earlier }: MailIds, signal: AbortSignal): Promise<MailOutcome> {
    if (earlier && (await isKept(db, earlier, mail.now - ALIKE_MS))) return 'repeated'
    const known = lacksName(mail.message) ? await findName(db, mail.message) : undefined
    const row = { ...outboxRow('mail.send', mailPayload(mail.message, known), mail.now, mail.trace), id }
    return (await insert({ row, signal })) ? 'accepted' : 'repeated'
  }

  async function publishStraight({ message, now, trace }: TakenMail, id: string): Promise<MailOutcome> {
    if (!publish) return 'unavailable'
    const row = { ...outboxRow('mail.send', mailPayload(message), now, trace), id }
    const sent = eventMessage({ ...row, traceparent: trace.traceparent, seq: 0 }, config.nats.prefix)
    const result = await inTime(BUS_MS, publish(sent))
    if (result.kind === 'acknowledged') return result.duplicate ? 'repeated' : 'straight'
    log.error({ mail: id, reason: result.reason }, 'mail taken neither by the database nor by NATS')
    return 'unavailable'
  }

  return {
    async take(mail) {
      const { raw, message, now } = mail
      const period = carriesCode(message.templateModel) ? undefined : Math.floor(now / ALIKE_MS)
      const id = await mailId(await key(), raw, period)
      const earlier = period === undefined ? undefined : await mailId(await key(), raw, period - 1)
      const straight = new AbortController()
      try {
        return { id, outcome: await inTime(DATABASE_MS, keep(mail, { id, earlier }, straight.signal)) }
      } catch (error) {
        log.warn({ err: error, mail: id }, 'the database does not take a mail')
      }
      try {
        const outcome = await publishStraight(mail, id)
        if (outcome !== 'unavailable') straight.abort()
        return { id, outcome }
      } catch (error) {
        log.error({ err: error, mail: id }, 'mail taken neither by the database nor by NATS')
        return { id, outcome: 'unavailable' }
      }
    },
    async refuse(mail) {
      const id = await mailId(await key(), mail.raw)
      try {
        await inTime(DATABASE_MS, insertOnce(db, refusedRow(id, mail)))
      } catch (error) {
        log.warn({ err: error, mail: id }, 'a refused mail could not be kept')
      }
      return { id }
    },
    hashRecipient: async (address) => recipientHash(await key(), address),
  }
}

interface MailIds {
  id: string
  /** Of a mail without a code: the id that it would have had in the period before. */
  earlier: string | undefined
}

function rowsOf(mails: MailRow[]): NewOutboxRow[] {
  return mails.map(({ row }) => row)
}

async function isKept(db: Kysely<Database>, id: string, since: number): Promise<boolean> {
  const found = await db
    .selectFrom('event_outbox')
    .select('created_at')
    .where('id', '=', id)
    .executeTakeFirst()
  return found !== undefined && found.created_at > since
}

/** @throws a unique violation when there is a row with one of the ids: then none is kept */
async function insertNew(db: Kysely<Database>, rows: NewOutboxRow[]): Promise<boolean[]> {
  if (rows.length === 1) return [await insertOnce(db, rows[0]!)]
  await db.transaction().execute((trx) => insertAll(trx, 'event_outbox', rows))
  return rows.map(() => true)
}

/** @returns false when there is a row with the id */
async function insertOnce(db: Kysely<Database>, row: NewOutboxRow): Promise<boolean> {
  try {
    await db.insertInto('event_outbox').values(row).execute()
    return true
  } catch (error) {
    if (databaseFailure(error) === 'unique_violation') return false
    throw error
  }
}

/** What is not done in time goes on by itself: it can do no harm, since all ways lead to the same message id. */
async function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  if (!(await within(ms, work))) throw new Error(`no answer within ${ms} ms`)
  return work
}
