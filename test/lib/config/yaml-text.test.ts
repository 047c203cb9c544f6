import { describe, expect, test } from 'vitest'
import { loadText, problemsOf } from './config-sample.ts'

describe('broken YAML', () => {
  test.each([
    ['a:\n  b: 1\n c: 2', 3, 1, 'wrong indentation, or a { or [ that is not closed'],
    ['a: {b: 1', 1, 9, 'wrong indentation, or a { or [ that is not closed'],
    ['a:\n\tb: 1', 2, 1, 'a tab as indentation'],
    ['a: 1\na: 2', 2, 1, 'a key that is there twice'],
    ['a: "x', 1, 6, 'no colon, comma or closing quote where one is needed'],
    ['a: 1\nb', 2, 1, 'no colon, comma or closing quote where one is needed'],
    ['a: b: c', 1, 4, 'a second colon, or a deeper line below a value'],
    ['a\nb: 1', 1, 1, 'a line without its colon'],
    ['a: @x', 1, 4, 'a value that needs quotes for its first character'],
    ['a: "\\q"', 1, 5, 'a backslash in double quotes with nothing to escape'],
    ['a: "x" y', 1, 8, 'something that does not belong there'],
    ['a: 1\n---\nb: 2', 2, 1, 'a second document'],
  ])('%j is told in words', (text, line, column, found) => {
    expect(problemsOf(() => loadText(text))).toEqual([
      `YAML line ${line}, column ${column}: expected valid YAML, found ${found}`,
    ])
  })

  test.each([
    `kratos: { url: \${K} }`,
    `kratos: { url: \${K:-http://k}, adminUrl: x }`,
    `kratos: { url: http://\${K}:4433 }`,
    `jwtKey: [\${K}]`,
  ])('%j is told to need quotes', (text) => {
    expect(problemsOf(() => loadText(text))).toEqual([
      expect.stringMatching(
        /^YAML line 1, column \d+: expected quotes around a value with \$\{NAME\} inside \{ \} or \[ \], found none$/,
      ),
    ])
  })

  test('an error of which little is said keeps the code of the reader', () => {
    expect(problemsOf(() => loadText(`${'k'.repeat(1100)}: 1`))).toEqual([
      'YAML line 1, column 1: expected valid YAML, found KEY_OVER_1024_CHARS',
    ])
  })
})

test('a tag that is not known is warned of in words', () => {
  const text = `port: !port 8000\njwtKey: ${'k'.repeat(32)}\nkratos: { url: http://k, adminUrl: http://k }\ndatabase: { file: x }`
  expect(loadText(text).warnings).toEqual(['YAML line 1, column 7: a tag that is not known'])
})
