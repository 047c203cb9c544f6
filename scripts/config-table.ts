import { readFileSync, writeFileSync } from 'node:fs'
import { ConfigSchema } from '../lib/config/schema.ts'
import { type Shape, shapeOf } from '../lib/config/shape.ts'

const DOCUMENT = new URL('../docs/configuration.md', import.meta.url)
const START = '<!-- keys: written by scripts/config-table.ts -->'
const END = '<!-- end of keys -->'

/** A Markdown table of every configuration key, aligned as the formatter does. */
export function configTable(): string {
  const rows = [['Key', 'Type', 'Default', 'Meaning'], ...rowsOf(shapeOf(ConfigSchema), '')]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)))
  const rule = widths.map((width) => '-'.repeat(width))
  return [lines[0]!, rule, ...lines.slice(1)].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The document with the table between its two markers. */
export function withTable(document: string): string {
  const start = document.indexOf(START)
  const end = document.indexOf(END)
  if (start < 0 || end < start) throw new Error('docs/configuration.md has lost its markers')
  return `${document.slice(0, start)}${START}\n\n${configTable()}\n\n${document.slice(end)}`
}

function rowsOf(shape: Shape, name: string): string[][] {
  const prefix = name === '' ? '' : `${name}.`
  if (shape.kind === 'map') return [...shape.keys!].flatMap(([key, entry]) => rowsOf(entry, prefix + key))
  if (shape.kind === 'list' && shape.item!.kind === 'map') return rowsOf(shape.item!, `${name}[]`)
  const cells = [`\`${name}\``, typeOf(shape), defaultOf(shape), shape.meta.description ?? '']
  return [cells.map((cell) => cell.replaceAll('|', '\\|'))]
}

function typeOf(shape: Shape): string {
  const { secret, scalar } = shape.meta
  if (shape.kind === 'list') {
    const item = typeOf(shape.item!)
    const list = shape.item!.choices ? `list of ${item}` : `list of ${item}s`
    return scalar === 'comma' ? `${list}, or comma separated` : scalar === 'item' ? `${list}, or one` : list
  }
  if (shape.choices) return shape.choices.map((choice) => `\`${choice}\``).join(', ')
  const type = shape.meta.valueType ?? shape.kind
  return secret ? `secret ${type}` : type
}

function defaultOf(shape: Shape): string {
  if (shape.required) return 'required'
  if (shape.default === undefined) return ''
  if (Array.isArray(shape.default)) return 'none'
  return `\`${shape.default}\``
}

if (import.meta.main) {
  writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, 'utf8')))
}
