import { describe, expect, test } from 'vitest'
import { configFromJsonBindings } from '../../../lib/config/json-bindings.ts'
import { ConfigError } from '../../../lib/config.ts'
import { loadSample, loadText, problemsOf } from './config-sample.ts'

describe('a configuration that is refused', () => {
  test('still has its warnings, which may tell why', () => {
    expect(refusalOf(() => loadSample('database: ""\ndatabse: { file: x }')).warnings).toEqual([
      'unknown key databse (did you mean database?)',
    ])
  })

  test('has those of its text first', () => {
    const { warnings } = refusalOf(() => loadSample('port: !port -1\nprot: 1'))
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toMatch(/^YAML line \d+, column \d+: /)
    expect(warnings[1]).toMatch(/^unknown key prot/)
  })
})

test.each([
  ['a list', '- port: 1\n- debug: true', 'a list'],
  ['a text', 'hunter2', 'a text of 7 characters'],
])('%s instead of a map is the only problem', (_, yaml, found) => {
  const lines = [`configuration: expected a map, found ${found}`]
  expect(problemsOf(() => loadText(yaml))).toEqual(lines)
  expect(problemsOf(() => configFromJsonBindings({ CONFIG: [] }))).toEqual([
    'configuration: expected a map, found a list',
  ])
})

function refusalOf(load: () => unknown): ConfigError {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('The configuration loaded')
}
