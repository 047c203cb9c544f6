import { readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { prefixedSubject, streamSpec } from '../lib/events/streams.ts'
import { SUBJECTS, type SubjectDefinition } from '../lib/events/subjects.ts'

const DOCUMENT = new URL('../docs/events.md', import.meta.url)
const START = '<!-- subjects: written by scripts/events-doc.ts -->'
const END = '<!-- end of subjects -->'

/** A section for each subject: what it says, its stream, its fields and an example of the message. */
export function subjectSections(): string {
  const sections = Object.entries(SUBJECTS).map(([subject, definition]) => sectionOf(subject, definition))
  return [overview(), ...sections].join('\n\n')
}

/** The document with the sections between its two markers. */
export function withSubjects(document: string): string {
  const start = document.indexOf(START)
  const end = document.indexOf(END)
  if (start < 0 || end < start) throw new Error('docs/events.md has lost its markers')
  return `${document.slice(0, start)}${START}\n${subjectSections()}\n${document.slice(end)}`
}

function overview(): string {
  const rows = Object.entries(SUBJECTS).map(([subject, { summary }]) => {
    const { name, retention } = defaultStream(subject)
    return `| [\`${subject}\`](#${subject.replaceAll('.', '')}) | \`${name}\` | ${retention} | ${summary} |`
  })
  return ['| Subject | Stream | Retention | Meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function sectionOf(subject: string, { schema, schemaVersion, summary, example }: SubjectDefinition): string {
  const envelope = {
    id: '0d2b7a08-9f4f-4d7d-a4ba-43468124e5dd',
    time: '2026-01-01T00:00:00.000Z',
    schemaVersion,
    seq: 42,
  }
  const fields = fieldsOf(z.toJSONSchema(schema) as JsonSchema, '')
  return [
    `### ${subject}`,
    `${summary} Schema version ${schemaVersion}.`,
    ['| Field | Type | Meaning |', '|---|---|---|', ...fields].join('\n'),
    ['```json', JSON.stringify({ ...envelope, ...example }, null, 2), '```'].join('\n'),
  ].join('\n\n')
}

interface JsonSchema {
  type?: string | string[]
  format?: string
  description?: string
  enum?: string[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    if (field.properties) return fieldsOf(field, `${path}.`)
    if (field.items?.properties) return fieldsOf(field.items, `${path}[].`)
    const type = required.includes(name) ? typeOf(field) : `${typeOf(field)}, optional`
    return [`| \`${path}\` | ${type} | ${field.description ?? ''} |`]
  })
}

function typeOf({ type, format, enum: choices, items }: JsonSchema): string {
  if (Array.isArray(type)) return type.join(' or ')
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ')
  if (items) return `list of ${typeOf(items)}`
  if (format === 'date-time') return 'ISO 8601 time'
  return type ?? 'any'
}

function defaultStream(subject: string) {
  const config = { nats: { timeoutMs: 5000 }, events: { retentionDays: 30 } }
  return streamSpec(prefixedSubject(subject, undefined), config as Parameters<typeof streamSpec>[1])
}

if (import.meta.main) {
  writeFileSync(DOCUMENT, withSubjects(readFileSync(DOCUMENT, 'utf8')))
}
