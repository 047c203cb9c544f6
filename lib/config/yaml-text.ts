import { type ErrorCode, parseDocument, type Scalar, visit } from 'yaml'
import { ConfigError } from './problems.ts'

/**
 * Reads YAML (or JSON) with every plain number and boolean kept as it was written, so that a password such as
 * `00123` or `1e3` stays whole; the schema decides what becomes a number.
 * @throws ConfigError with the place of a syntax error but none of the text, which may be a secret
 */
export function parseYamlText(text: string): { value: unknown; warnings: string[] } {
  const document = parseDocument(text, { merge: true, prettyErrors: true })

  const [error] = document.errors
  if (error) throw new ConfigError([{ key: `YAML${placeOf(error)}`, ...describeError(text, error) }])
  visit(document, { Scalar: (_, node) => keepSource(node) })

  try {
    const warnings = document.warnings.map((warning) => `YAML${placeOf(warning)}: ${wordsFor(warning.code)}`)
    return { value: document.toJS({ maxAliasCount: 100 }), warnings }
  } catch {
    throw new ConfigError([
      { key: 'YAML', expected: 'valid YAML', found: 'an alias that cannot be resolved' },
    ])
  }
}

function keepSource(node: Scalar): void {
  if (node.type === 'PLAIN' && ['number', 'boolean', 'bigint'].includes(typeof node.value))
    node.value = node.source
}

function placeOf(error: { linePos?: readonly { line: number; col: number }[] }): string {
  const start = error.linePos?.[0]
  return start ? ` line ${start.line}, column ${start.col}` : ''
}

/** What a file most likely has where the reader stops; its own sentences quote the text. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'a backslash in double quotes with nothing to escape',
  BAD_INDENT: 'wrong indentation, or a { or [ that is not closed',
  BAD_SCALAR_START: 'a value that needs quotes for its first character',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon, or a deeper line below a value',
  DUPLICATE_KEY: 'a key that is there twice',
  MISSING_CHAR: 'no colon, comma or closing quote where one is needed',
  MULTILINE_IMPLICIT_KEY: 'a line without its colon',
  MULTIPLE_DOCS: 'a second document',
  TAB_AS_INDENT: 'a tab as indentation',
  TAG_RESOLVE_FAILED: 'a tag that is not known',
  UNEXPECTED_TOKEN: 'something that does not belong there',
}

function wordsFor(code: ErrorCode): string {
  return WORDS[code] ?? code
}

function describeError(text: string, { code, pos: [at] }: { code: ErrorCode; pos: [number, number] }) {
  // Between brackets, YAML takes the brace of a reference for the start of a map.
  return text.startsWith('${', at - 1)
    ? { expected: `quotes around a value with $\{NAME} inside { } or [ ]`, found: 'none' }
    : { expected: 'valid YAML', found: wordsFor(code) }
}
