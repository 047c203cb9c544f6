import { expect, test } from 'vitest'
import { examineParts } from '../../../lib/doctor/examine-parts.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'

const part = (name: string, examine: () => AsyncGenerator<Finding>) => ({ name, examine })
const fine = (name: string) =>
  part(name, async function* () {
    yield judgeOf(name).ok('well', 'all is well')
  })

test("a part's crash is a finding of one line, beside what it had found and what others find", async () => {
  const crashing = part('b', async function* () {
    yield judgeOf('b').ok('first', 'done')
    throw new Error('it fell over\n    at somewhere (file.ts:1)')
  })
  const findings = await examineParts([fine('a'), crashing, fine('c')], 1000)
  expect(findings.map(({ id, state }) => `${state} ${id}`)).toEqual([
    'ok a.well',
    'ok b.first',
    'broken b.crash',
    'ok c.well',
  ])
  expect(findings[2]!.message).toBe('the checks of this part failed: it fell over')
})

test('a part that hangs is left at its time limit, and holds up no other', async () => {
  const hanging = part('b', async function* () {
    yield judgeOf('b').ok('first', 'done')
    await new Promise(() => {})
  })
  const startedAt = performance.now()
  const findings = await examineParts([hanging, fine('c')], 150)
  expect(performance.now() - startedAt).toBeLessThan(2000)
  expect(findings.map(({ id, state }) => `${state} ${id}`)).toEqual([
    'ok b.first',
    'broken b.time',
    'ok c.well',
  ])
})

test('parts are looked at together', async () => {
  const slow = (name: string) =>
    part(name, async function* () {
      await new Promise((resolve) => setTimeout(resolve, 200))
      yield judgeOf(name).ok('well', 'all is well')
    })
  const startedAt = performance.now()
  await examineParts(['a', 'b', 'c', 'd', 'e'].map(slow), 5000)
  expect(performance.now() - startedAt).toBeLessThan(800)
})
