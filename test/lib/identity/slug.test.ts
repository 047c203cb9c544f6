import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSlug, makesSlug, normaliseSlug, slugFrom, slugSuffix } from '../../../lib/identity/slug.ts'

describe('slugFrom', () => {
  it.each([
    ['Ada Lovelace', 'ada-lovelace'],
    ['Éléonore d’Aquitaine', 'eleonore-d-aquitaine'],
    ['a', 'a-group'],
    ['42', 'group'],
    ['', 'group'],
    ['山田太郎', 'group'],
    ['roles', 'roles-group'],
    ['o.brien+tag', 'o-brien-tag'],
    ['agent 007', 'agent'],
  ])('makes %j into %j', (text, slug) => {
    expect(slugFrom(text)).toBe(slug)
  })

  it('gives a valid slug that normalises to itself, for any text and suffix', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(2000), (text, attempt) => {
        const slug = slugFrom(text, slugSuffix(attempt))
        expect(isSlug(slug)).toBe(true)
        expect(normaliseSlug(slug)).toBe(slug)
      }),
      { numRuns: 5000 },
    )
  })

  it('gives another slug for each suffix', () => {
    const suffixes = Array.from({ length: 200 }, (_, attempt) => slugSuffix(attempt))
    expect(suffixes.slice(0, 3)).toEqual(['', 'b', 'c'])
    for (const text of ['Ada', 'x'.repeat(90), 'a', 'roles']) {
      expect(new Set(suffixes.map((suffix) => slugFrom(text, suffix))).size).toBe(200)
    }
  })
})

describe('makesSlug', () => {
  it('tells a text whose letters a slug keeps from one that would be nameless', () => {
    expect(['李 雷', '', '42', '🦊', 'lilei', 'É'].map(makesSlug)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ])
  })
})

describe('isSlug', () => {
  it.each([
    'ab',
    '-abc',
    'abc-',
    'abc1',
    '1abc',
    'Abc',
    'roles',
    'id',
    'member',
    'billing',
    'a b c',
    `a${'b'.repeat(63)}`,
  ])('refuses %j', (text) => expect(isSlug(text)).toBe(false))
  it.each(['abc', 'a1c', 'a-c', `a${'b'.repeat(62)}`])('accepts %j', (text) =>
    expect(isSlug(text)).toBe(true),
  )
})
