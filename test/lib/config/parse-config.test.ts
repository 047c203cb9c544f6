import { expect, test } from 'vitest'
import { configFromJsonBindings } from '../../../lib/config/json-bindings.ts'
import { loadText, problemsOf } from './config-sample.ts'

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
