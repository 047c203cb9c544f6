import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newTrace } from '../../../lib/http/trace.ts'
import { createMailIntake, type TakenMail } from '../../../lib/mail/mail-intake.ts'
import { testMail } from '../../../lib/mail/test-mail.ts'
import { recordLog } from '../../parts/record-log.ts'
import { createTestEnv, type TestEnv } from '../../parts/test-env.ts'

let gate: TestEnv
beforeEach(async () => {
  gate = await createTestEnv({})
})
afterEach(() => gate.close())

function newMail(): TakenMail {
  const made = testMail({ from: 'a@example.com', to: 'b@example.com', templateId: 'recovery_code_valid' })
  return { ...made, now: 1_800_000_000_000, trace: newTrace() }
}

/** An intake whose database does not answer an insert before it is let to; and whether the bus takes what goes past it. */
function beforeHungDatabase(bus: 'acknowledged' | 'unavailable') {
  const { db, config } = gate.env
  const held = Promise.withResolvers<void>()
  const hung = new Proxy(db, {
    get(target, name) {
      if (name === 'transaction' || name === 'selectFrom') return target[name].bind(target)
      if (name !== 'insertInto') return Reflect.get(target, name, target)
      return (table: 'event_outbox') => ({
        values: (row: never) => ({
          execute: () => held.promise.then(() => db.insertInto(table).values(row).execute()),
        }),
      })
    },
  })
  const intake = createMailIntake({
    db: hung,
    config,
    log: recordLog(gate.log.lines),
    publish: async () => (bus === 'acknowledged' ? { kind: bus } : { kind: bus, reason: 'away' }),
  })
  return { intake, answerAgain: held.resolve }
}

const keptIds = async () => {
  const rows = await gate.env.db.selectFrom('event_outbox').select('id').orderBy('seq').execute()
  return rows.map(({ id }) => id)
}

describe('mails that wait for a database that does not answer', () => {
  it('are not written later once NATS has them, but for those whose write was under way', async () => {
    const { intake, answerAgain } = beforeHungDatabase('acknowledged')
    const taken = await Promise.all([newMail(), newMail(), newMail()].map((mail) => intake.take(mail)))
    expect(taken.map(({ outcome }) => outcome)).toEqual(['straight', 'straight', 'straight'])

    answerAgain()
    const last = await intake.take(newMail())
    expect(last.outcome).toBe('accepted')
    const [underWay, ...later] = await keptIds()
    expect(taken.map(({ id }) => id)).toContain(underWay)
    expect(later).toEqual([last.id])
  })

  it('are written later where NATS did not take them either', async () => {
    const { intake, answerAgain } = beforeHungDatabase('unavailable')
    const taken = await Promise.all([newMail(), newMail()].map((mail) => intake.take(mail)))
    expect(taken.map(({ outcome }) => outcome)).toEqual(['unavailable', 'unavailable'])

    answerAgain()
    const last = await intake.take(newMail())
    expect((await keptIds()).sort()).toEqual([...taken, last].map(({ id }) => id).sort())
  })
})
