import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')

/** Checks that the sources name as `part.check`. */
function namedChecks(): string[] {
  const files = globSync(['lib/doctor/judge-*.ts', 'runtime/node/doctor/*.ts'], { cwd: ROOT })
  return files.flatMap((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8')
    const parts = [...source.matchAll(/= judgeOf\('(\w+)'\)/g)].map(([, part]) => part)
    if (parts.length !== 1) return []
    const checks = source.matchAll(/\b(?:ok|warn|broken|skipped)\(\s*'([a-z-]+)',/g)
    return [...checks].map(([, check]) => `${parts[0]}.${check}`)
  })
}

test('every check stands in the table', () => {
  const page = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8')
  const checks = new Set(namedChecks())
  expect(checks.size).toBeGreaterThan(70)
  expect([...checks].filter((check) => !page.includes(`\`${check}\``))).toEqual([])
})
