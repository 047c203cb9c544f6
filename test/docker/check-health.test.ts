import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../parts/free-port.ts'
import { type Exit, startProcess } from '../parts/process.ts'

const SCRIPT = join(import.meta.dirname, '../../docker/check-health.sh')

it('succeeds when /livez answers 200', async () => {
  const paths: Array<string | undefined> = []
  const port = await serve((request, response) => {
    paths.push(request.url)
    response.end('{"state":"up"}')
  })
  expect(await check(port)).toEqual({ code: 0, signal: null })
  expect(paths).toEqual(['/livez'])
})

it.each([404, 503])('fails when /livez answers %i', async (status) => {
  const port = await serve((_, response) => response.writeHead(status).end())
  expect((await check(port)).code).toBe(1)
})

it('fails when nobody listens', async () => {
  expect((await check(await freePort())).code).toBe(1)
})

it('fails when the connection ends without an answer', async () => {
  const port = await serve((request) => request.socket.destroy())
  expect((await check(port)).code).toBe(1)
})

function check(port: number): Promise<Exit> {
  return startProcess(SCRIPT, [], { env: { AUTHLANCE_HTTP_PORT: String(port) } }).exit
}

async function serve(listener: Parameters<typeof createServer>[1]): Promise<number> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
