import { expect, test } from 'vitest'
import { coalesce } from '../../../lib/async/coalesce.ts'

test('what is asked for while the work runs becomes one more run', async () => {
  const turns: PromiseWithResolvers<void>[] = []
  const ask = coalesce(() => {
    const turn = Promise.withResolvers<void>()
    turns.push(turn)
    return turn.promise
  })
  const first = ask()
  const others = [ask(), ask(), ask()]
  expect(turns).toHaveLength(1)
  turns[0]!.resolve()
  await expect.poll(() => turns.length).toBe(2)
  turns[1]!.resolve()
  await Promise.all([first, ...others])
  expect(turns).toHaveLength(2)
})

test('works again after the work has failed', async () => {
  let runs = 0
  const ask = coalesce(async () => {
    if (++runs === 1) throw new Error('the first')
  })
  await expect(ask()).rejects.toThrow('the first')
  await ask()
  expect(runs).toBe(2)
})
