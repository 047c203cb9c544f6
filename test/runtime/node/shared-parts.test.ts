import { expect, test } from 'vitest'
import { createSharedParts } from '../../../runtime/node/shared-parts.ts'

function createPool() {
  const parts = createSharedParts()
  const closed: string[] = []
  const take = (address: string) =>
    parts.take({
      name: 'pool',
      settings: { address },
      open: () => ({ address }),
      close: async (part) => closed.push(part.address),
    })
  return { take, closed }
}

test('a part stays as long as anybody uses it', async () => {
  const { take, closed } = createPool()
  const first = await take('a')
  const second = await take('a')
  expect(second.part).toBe(first.part)
  await first.release()
  expect(closed).toEqual([])
  await second.release()
  expect(closed).toEqual(['a'])
})

test('other settings make another part, and one that was closed is opened anew', async () => {
  const { take, closed } = createPool()
  const first = await take('a')
  const other = await take('b')
  expect(other.part).toEqual({ address: 'b' })
  await first.release()
  expect(closed).toEqual(['a'])
  expect((await take('a')).part).not.toBe(first.part)
})
