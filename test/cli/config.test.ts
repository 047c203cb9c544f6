import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const INDEX = fileURLToPath(new URL('../../cli/index.ts', import.meta.url))
const FIXTURE = fileURLToPath(new URL('../fixtures/config/compose-rendered.yaml', import.meta.url))
const DIR = mkdtempSync(join(tmpdir(), 'authlance-cli-'))
const WRONG = join(DIR, 'wrong.yaml')
writeFileSync(
  WRONG,
  'port: 99999\njwtKey: hunter2\nkratos: { url: http://k, adminUrl: http://k }\ndatabase: { file: x }\n',
)

afterAll(() => rmSync(DIR, { recursive: true, force: true }))

function authlance(args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [INDEX, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  })
  return { status, stdout, stderr }
}

describe('config check', () => {
  test('says ok and warns on stderr', () => {
    expect(authlance(['config', 'check', '--config', FIXTURE])).toEqual({
      status: 0,
      stdout: `ok ${FIXTURE}\n`,
      stderr: 'warning: jwtKey[0] has 9 bytes; at least 32 are needed when debug is off\n',
    })
  })

  test('finds the file by CONFIG_FILE', () => {
    expect(authlance(['config', 'check'], { CONFIG_FILE: FIXTURE })).toMatchObject({ status: 0 })
  })

  test('names each problem on a line and exits with 1', () => {
    expect(authlance(['config', 'check', `--config=${WRONG}`])).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'port: expected a whole number from 0 to 65535, found "99999"\n' +
        'jwtKey: expected a key of at least 32 bytes (shorter ones need debug: true), found one of 7 bytes\n',
    })
  })

  test('warns of what may be the cause before it names the problems', () => {
    const config = join(DIR, 'misspelt.yaml')
    writeFileSync(
      config,
      `jwtKey: ${'k'.repeat(32)}\nkratos: { url: http://k, adminUrl: http://k }\ndatabse: { file: x }\n`,
    )
    expect(authlance(['config', 'check', '--config', config])).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'warning: unknown key databse (did you mean database?)\n' +
        'database: expected either file, or host with user and dbname, or planetscale, found none of them\n',
    })
  })

  test.each([
    ['/nowhere.yaml', 'no such file'],
    ['/nowhere/config.yaml', 'no such file'],
    [`${FIXTURE}/config.yaml`, 'no such file'],
    [DIR, 'a directory'],
  ])('says in one line why %s cannot be read', (path, reason) => {
    expect(authlance(['config', 'check', '--config', path])).toEqual({
      status: 1,
      stdout: '',
      stderr: `authlance: the configuration file ${path} cannot be read: ${reason}\n`,
    })
  })

  test('reads secrets from files', () => {
    const key = join(DIR, 'key')
    const config = join(DIR, 'files.yaml')
    writeFileSync(key, `${'k'.repeat(32)}\n`)
    writeFileSync(
      config,
      `jwtKey_FILE: ${key}\nkratos: { url: http://k, adminUrl: http://k }\ndatabase: { file: x }\n`,
    )
    expect(authlance(['config', 'check', '--config', config])).toMatchObject({ status: 0, stderr: '' })
  })

  test('refuses a signing key that does not fit with the line that serve stops with', () => {
    const database = join(DIR, 'never.sqlite')
    const config = join(DIR, 'rsa.yaml')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const settings = {
      jwtKey: 'k'.repeat(32),
      kratos: { url: 'http://k', adminUrl: 'http://k' },
      database: { file: database },
      token: { es256Keys: [{ kid: 'a', privateKey: pem }] },
    }
    writeFileSync(config, JSON.stringify(settings))
    for (const command of [['config', 'check'], ['serve']]) {
      expect(authlance([...command, '--config', config])).toEqual({
        status: 1,
        stdout: '',
        stderr:
          'token.es256Keys[0].privateKey: expected a P-256 private key, as PKCS #8 PEM or JWK, found another kind of key or a damaged one\n',
      })
    }
    expect(existsSync(database)).toBe(false)
  })
})

test('config schema prints a JSON Schema', () => {
  const { status, stdout } = authlance(['config', 'schema'])
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { port: { default: 8000 } } })
})

describe('a command line that does not fit', () => {
  test.each([
    ['no command', [], 'a command is missing'],
    ['an unknown command', ['nope'], 'unknown command nope'],
    ['a name of every object', ['constructor'], 'unknown command constructor'],
    ['an option before the command', ['--config', 'x', 'config', 'check'], 'unknown option --config'],
    ['a group without its command', ['config'], 'a command is missing'],
    ['an unknown option', ['config', 'check', '--confg', 'x'], "unknown option '--confg'"],
    ['an unknown short option', ['config', 'schema', '-x'], "unknown option '-x'"],
    ['a surplus argument', ['config', 'check', 'extra'], 'unexpected argument extra'],
    ['an argument after the end of options', ['config', 'check', '--', 'extra'], 'unexpected argument extra'],
    [
      'an option without its value',
      ['config', 'check', '--config'],
      "option '--config <value>' argument missing",
    ],
    ['an empty value', ['config', 'check', '--config='], '--config needs a value'],
    ['an option given twice', ['config', 'check', '--config=a', '--config=b'], '--config is given twice'],
  ])('%s exits with 2 and the usage on stderr', (_, args, mistake) => {
    const { status, stdout, stderr } = authlance(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^authlance: ${mistake}\\n\\n[\\s\\S]*USAGE authlance`))
  })
})

describe('help', () => {
  const commands = [
    [],
    ['config'],
    ['config', 'check'],
    ['config', 'schema'],
    ['events'],
    ...['list', 'show', 'dead', 'retry', 'replay'].map((name) => ['events', name]),
    ['migrate'],
    ['serve'],
    ['stripe'],
    ['stripe', 'reconcile'],
    ['stripe-webhook'],
  ]
  test.each(commands.map((args) => [args]))('%j has an example and no colour', (args) => {
    for (const option of ['--help', '-h']) {
      const { status, stdout, stderr } = authlance([...args, option])
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(/USAGE authlance[\s\S]*EXAMPLES\n\n {2}authlance /)
      expect(stdout).not.toContain('\u001b')
    }
  })

  test('--version prints the version alone', () => {
    expect(authlance(['--version'])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })
})
