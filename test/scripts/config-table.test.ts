import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configTable, withTable } from '../../scripts/config-table.ts'

test('docs/configuration.md holds the table that the schema gives', () => {
  const document = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  expect(document).toBe(withTable(document))
})

test('the table names types, defaults and secrets', () => {
  const rows = configTable()
    .split('\n')
    .map((row) => row.replace(/ {2,}/g, ' '))
  expect(rows).toContain('| `port` | number | `8000` | API port; 0 = any free one |')
  expect(rows).toContain("| `kratos.url` | URL | required | Kratos' public API |")
  expect(rows).toContain('| `database.password` | secret text | | MySQL password |')
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(6)
})
