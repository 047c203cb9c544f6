import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SUBJECTS } from '../../lib/events/subjects.ts'
import { subjectSections, withSubjects } from '../../scripts/events-doc.ts'

test('docs/events.md holds the sections that the schemas give', () => {
  const document = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')
  expect(document).toBe(withSubjects(document))
})

test('each subject has its stream, its fields and an example that fits its schema', () => {
  const sections = subjectSections()
  for (const [subject, { schema, example }] of Object.entries(SUBJECTS)) {
    expect(sections).toContain(
      `| [\`${subject}\`](#${subject.replaceAll('.', '')}) | \`${subject.replaceAll('.', '_')}\` |`,
    )
    expect(schema.parse(example)).toEqual(example)
  }
  expect(sections).toContain('| `user.identity` | string | Kratos identity id |')
  expect(sections).toContain(
    '| `endDate` | ISO 8601 time, optional | When it ended or will end; of a trial without a provider, its end |',
  )
})

test('no payload uses a name of the envelope', () => {
  for (const { schema } of Object.values(SUBJECTS)) {
    const names = Object.keys(schema.shape)
    for (const name of ['id', 'time', 'schemaVersion', 'seq']) expect(names).not.toContain(name)
  }
})
