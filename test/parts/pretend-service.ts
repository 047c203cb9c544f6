import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/*
 * Stands for `authlance` where a test is about what starts and stops it. Its environment says how it behaves: READY_AFTER_MS, and
 * DEAF, which has it ignore SIGTERM. GET /authlance/slow?ms=N takes a while, /authlance/exit?code=N ends it, /authlance/orphan leaves
 * a grandchild to the first process, and /authlance/zombies tells how many processes nobody has reaped.
 */

const { READY_AFTER_MS = '0', DEAF } = process.env
console.log(JSON.stringify({ pid: process.pid, args: process.argv.slice(2) }))
if (process.argv[2] !== 'serve') process.exit(Number(process.argv[3] ?? 0))

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url!, 'http://service')
  if (pathname === '/authlance/slow') await sleep(Number(searchParams.get('ms')))
  if (pathname === '/authlance/exit') process.exit(Number(searchParams.get('code')))
  if (pathname === '/authlance/orphan') spawn('/bin/sh', ['-c', '(sleep 0.1; exit 3) & (exit 4) &'])
  response.end(pathname === '/authlance/zombies' ? String(zombies()) : 'ok')
})

await sleep(Number(READY_AFTER_MS))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
process.on('SIGHUP', () => console.log('reloaded'))
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    console.log(`got ${signal}`)
    if (!DEAF) server.close(() => process.exit(0))
  })
}
console.log(
  `ready: api http://127.0.0.1:${(server.address() as AddressInfo).port} internal http://127.0.0.1:9`,
)

function zombies(): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && stateOf(name) === 'Z').length
}

function stateOf(pid: string): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}
