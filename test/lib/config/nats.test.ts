import { describe, expect, test } from 'vitest'
import { loadSample, problemsOf } from './config-sample.ts'

function natsOf(url: string) {
  return loadSample(`nats: ${JSON.stringify({ url })}`).config.nats
}

function problemsOfUrl(url: string): string[] {
  return problemsOf(() => natsOf(url))
}

describe('credentials in nats.url', () => {
  test('move to the keys that are known as secret', () => {
    expect(natsOf('nats://me:p%40ss%25@a:4222')).toMatchObject({
      url: 'nats://a:4222',
      user: 'me',
      password: 'p@ss%',
    })
    expect(natsOf('nats://tok@a')).toMatchObject({ url: 'nats://a', token: 'tok' })
    expect(natsOf('a:4222')).toEqual({ url: 'nats://a:4222', timeoutMs: 5000 })
  })

  test.each([
    ['the first server', 'nats://me:secret@a,nats://b'],
    ['the last server', 'a, nats://me:secret@b'],
    ['every server', 'me:secret@a,nats://me:secret@b'],
    ['two servers in two spellings', 'nats://me:secret@a,nats://me:%73ecret@b'],
  ])('may stand at %s', (_, url) => {
    expect(natsOf(url)).toMatchObject({ url: 'nats://a,nats://b', user: 'me', password: 'secret' })
  })

  test.each([
    ['another password', 'nats://me:secret1@a,nats://me:secret2@b'],
    ['another user', 'nats://me:secret1@a,nats://you:secret1@b'],
    ['a token beside a password', 'nats://me:secret1@a,nats://secret1@b'],
  ])('with %s for another server are refused', (_, url) => {
    expect(problemsOfUrl(url)).toEqual([
      'nats.url: expected the same credentials for every server, found different ones',
    ])
  })

  test.each(['nats://u:50%off@nats:4222', 'nats://50%off@nats', 'nats://a,nats://u:%FF@b'])(
    '%s has a malformed escape',
    (url) => {
      expect(problemsOfUrl(url)).toEqual([
        'nats.url: expected %25 for each % in the credentials, found a malformed escape',
      ])
    },
  )

  test.each(['nats://:secret@host', 'nats://a,nats://:secret@host'])('%s has a password alone', (url) => {
    expect(problemsOfUrl(url)).toEqual([
      'nats.url: expected a user before the password, or a token alone, found a password alone',
    ])
  })

  test('that are empty, as a template leaves them, are none', () => {
    expect(natsOf('nats://:@nats:4222')).toEqual({ url: 'nats://nats:4222', timeoutMs: 5000 })
  })
})

test.each(['http://nats', 'nats://', 'nats://a,', 'nats://u:secret@:bad:'])('%s is no server', (url) => {
  const [line] = problemsOfUrl(url)
  expect(line).toMatch(/^nats\.url: expected servers such as nats:\/\/host:4222, comma separated, found /)
  expect(line).not.toContain('secret')
})
