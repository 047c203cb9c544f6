import { expect, it } from 'vitest'
import { createProgress } from '../../cli/progress.ts'

function record(isTTY: boolean) {
  const written: string[] = []
  const write = ((text: string) => void written.push(text)) as unknown as NodeJS.WriteStream['write']
  return { progress: createProgress({ isTTY, write }), written }
}

it('counts, fills a bar where the end is known, and clears its line', () => {
  const { progress, written } = record(true)
  progress.show({ step: 'events', done: 100 })
  progress.show({ step: 'customers', done: 1, total: 4 })
  progress.show({ step: 'customers', done: 5, total: 4 })
  progress.show({ step: 'customers', done: 0, total: 0 })
  progress.end()
  progress.end()
  expect(written.map((text) => text.replace('\r\u001b[K', ''))).toEqual([
    '100 events',
    `[######${'.'.repeat(18)}] 1 of 4 customers`,
    `[${'#'.repeat(24)}] 5 of 5 customers`,
    `[${'#'.repeat(24)}] 0 of 0 customers`,
    '',
  ])
})

it('writes nothing where no terminal reads it', () => {
  const { progress, written } = record(false)
  progress.show({ step: 'events', done: 100 })
  progress.end()
  expect(written).toEqual([])
})
