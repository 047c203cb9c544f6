import { type Finding, judgeOf } from './finding.ts'
import type { NamedSecret } from './named-secrets.ts'

const { ok, warn, broken } = judgeOf('secrets')

/** Secrets that somebody else issued, whose strength is theirs. */
const ISSUED = /^(?:stripe|s3Config|database\.planetscale|token\.es256Keys)\b/
/** Passwords that a person may type; all others are made by a program. */
const MIN_PASSWORD_LENGTH = 12
const MIN_BITS = 64

/** What defaults, samples and keyboards offer, letters and digits alone. */
const SAMPLES =
  /change(?:me|this|it)|pleasechange|verysecret|veryinsecure|notsecure|insecure|yoursecret|yourkey|secretkey|replace|example|sample|dummy|placeholder|default|youreallyneed|password|passwort|letmein|hunter2|qwert|asdfgh|123456|012345|abcdef|correcthorse|secret$|^secret|^test|^admin|^root|todo|foobar/

/** Whether secrets could be guessed, or open more than one door. Findings name keys, never values. */
export function judgeSecrets(secrets: readonly NamedSecret[], { debug }: { debug: boolean }): Finding[] {
  const own = secrets.filter(({ key }) => !ISSUED.test(key))
  const found = [...own.flatMap(({ key, value }) => judgeStrength(key, value, debug)), ...judgeReuse(secrets)]
  return found.length > 0
    ? found
    : [ok('strength', `${secrets.length} secrets: none is short, a sample value or used twice`)]
}

function judgeStrength(key: string, value: string, debug: boolean): Finding[] {
  const remedy = `make a new one, with \`openssl rand -base64 32\` for example, and set it at ${key} and with whoever else has it`
  if (isSample(value)) {
    const sentence = `${key} is a sample value or a word that is guessed first`
    return [debug ? warn('sample', sentence, remedy, { key }) : broken('sample', sentence, remedy, { key })]
  }
  if (value.length < MIN_PASSWORD_LENGTH) {
    return [warn('short', `${key} has fewer than ${MIN_PASSWORD_LENGTH} characters`, remedy, { key })]
  }
  if (entropyBits(value) < MIN_BITS) {
    return [warn('entropy', `${key} repeats itself so much that it could be guessed`, remedy, { key })]
  }
  return []
}

function judgeReuse(secrets: readonly NamedSecret[]): Finding[] {
  const keysByValue = Map.groupBy(secrets, ({ value }) => value)
  return [...keysByValue.values()]
    .map((same) => same.map(({ key }) => key))
    .filter((keys) => doorsOf(keys) > 1)
    .map((keys) =>
      warn(
        'reused',
        `${keys.join(' and ')} hold the same secret: who learns it at one place has the other too`,
        'give each its own',
        { keys },
      ),
    )
}

/** Databases on one server may well share an account, and so do list entries that a reload doubles. */
function doorsOf(keys: readonly string[]): number {
  return new Set(keys.map((key) => key.replace(/^backup\.databases\[\d+\]/, 'database'))).size
}

function isSample(value: string): boolean {
  if (!SAMPLES.test(value.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))) return false
  // A long random value may hold one of the words by chance.
  return entropyBits(value) < 2 * MIN_BITS || /^[a-z\s._!-]+$/i.test(value)
}

/** Shannon's entropy of the characters as they occur, repeats aside, in bits: the most that a value of this make-up can be worth. */
function entropyBits(value: string): number {
  // What is long is worth enough by its first part.
  const [, unit = value] = /^(.+?)\1+$/s.exec(value.slice(0, 512)) ?? []
  let bits = 0
  for (const { length } of Map.groupBy(unit, (character) => character).values()) {
    bits -= length * Math.log2(length / unit.length)
  }
  return bits
}
