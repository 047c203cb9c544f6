import { parseDocument, type Scalar, visit } from 'yaml'
import { ConfigError } from './problems.ts'

/**
 * Reads YAML (or JSON) with every plain number and boolean kept as it was written, so that a password such as
 * `00123` or `1e3` stays whole; the schema decides what becomes a number.
 * @throws ConfigError with the place of a syntax error but none of the text, which may be a secret
 */
export function parseYamlText(text: string): { value: unknown; warnings: string[] } {
  const document = parseDocument(text, { merge: true, prettyErrors: true })

  const [error] = document.errors
  if (error) throw syntaxError(placeOf(error), error.code)
  visit(document, { Scalar: (_, node) => keepSource(node) })

  try {
    const warnings = document.warnings.map((warning) => `YAML${placeOf(warning)}: ${warning.code}`)
    return { value: document.toJS({ maxAliasCount: 100 }), warnings }
  } catch {
    throw syntaxError('', 'an alias that cannot be resolved')
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

function syntaxError(place: string, code: string): ConfigError {
  return new ConfigError([{ key: `YAML${place}`, expected: 'valid YAML', found: code }])
}
