import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openApiText } from '../../scripts/openapi.ts'

const CHECKED_IN = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')

test('openapi.json is what `npm run openapi` writes', async () => {
  expect(CHECKED_IN).toBe(await openApiText())
})
