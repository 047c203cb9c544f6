import { expect, it } from 'vitest'
import { transact } from '../../../lib/db/transact.ts'
import { createGroup } from '../../../lib/identity/groups.ts'
import { isSlug } from '../../../lib/identity/slug.ts'
import { createTestEnv } from '../../parts/test-env.ts'

it('makes a group for each of many people with one name, the first under tidy slugs', async () => {
  const { env, close } = await createTestEnv()
  const names: string[] = []
  for (let person = 0; person < 500; person++) {
    const group = { slugSource: '山田太郎', longName: '山田太郎' }
    names.push((await transact(env.db, (trx) => createGroup(trx, group, 1))).name)
  }
  expect(names.slice(0, 3)).toEqual(['group', 'group-b', 'group-c'])
  expect(new Set(names).size).toBe(500)
  expect(names.every(isSlug)).toBe(true)
  await close()
})
