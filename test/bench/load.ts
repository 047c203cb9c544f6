import { connect, type Socket } from 'node:net'

const SUCCESS = /^HTTP\/1\.1 20[0-9] /

export type RequestSource = string | (() => string)

/**
 * Sends HTTP/1.1 requests as fast as they are answered, one keep-alive connection for each, and counts the answers. It reads no
 * more of an answer than its status and its end, so that the load costs little of the cores that it shares with the servers.
 * @param requests what each connection sends again and again, or what makes its next one
 * @returns answers a second
 * @throws at the first answer that is no success
 */
export async function measureRate(
  port: number,
  requests: RequestSource[],
  durationMs: number,
): Promise<number> {
  const startedAt = performance.now()
  const counts = await Promise.all(requests.map((request) => keepAsking(port, request, durationMs)))
  const seconds = (performance.now() - startedAt) / 1000
  return counts.reduce((sum, count) => sum + count, 0) / seconds
}

/** One request as it goes over the wire. */
export function requestText(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): string {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const lines = Object.entries({
    host: '127.0.0.1',
    accept: 'application/json',
    ...headers,
    ...(text && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
  }).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${path} HTTP/1.1`, ...lines, '', text].join('\r\n')
}

function keepAsking(port: number, source: RequestSource, durationMs: number): Promise<number> {
  const fixed = typeof source === 'string' ? Buffer.from(source) : undefined
  const next = () => fixed ?? Buffer.from((source as () => string)())
  const endAt = performance.now() + durationMs
  return new Promise((resolve, reject) => {
    let count = 0
    let received = ''
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(next()))
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the server hung up after ${count} answers`)))
    socket.on('data', (chunk: unknown) => {
      received += chunk
      if (!isWhole(received)) return
      if (!SUCCESS.test(received)) return void socket.destroy(new Error(received))
      received = ''
      count++
      if (performance.now() < endAt) return void socket.write(next())
      resolve(count)
      socket.destroy()
    })
  })
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n')
  if (headEnd < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1]
  return length === undefined
    ? answer.endsWith('\r\n0\r\n\r\n')
    : answer.length >= headEnd + 4 + Number(length)
}

/**
 * Sends requests at a fixed rate, whatever the answers take, over connections that take turns.
 * @param perSecond requests a second
 * @returns milliseconds from when each request was due to its answer, in no order
 */
export async function measureLatencies(
  port: number,
  next: () => string,
  { perSecond, durationMs, connections }: { perSecond: number; durationMs: number; connections: number },
): Promise<number[]> {
  const startedAt = performance.now()
  const total = Math.floor((perSecond * durationMs) / 1000)
  const latencies: number[] = []
  let taken = 0
  const lane = async () => {
    const connection = await openConnection(port)
    for (let index = taken++; index < total; index = taken++) {
      const dueAt = startedAt + (index * 1000) / perSecond
      const waitMs = dueAt - performance.now()
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      const sentAt = Math.max(dueAt, performance.now() - TIMER_SLACK_MS)
      await connection.ask(Buffer.from(next()))
      latencies.push(performance.now() - sentAt)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, lane))
  return latencies
}

/** Sends a number of requests as fast as they are answered. */
export async function sendAll(
  port: number,
  next: () => string,
  { count, connections }: { count: number; connections: number },
): Promise<void> {
  let left = count
  const lane = async () => {
    const connection = await openConnection(port)
    while (left-- > 0) await connection.ask(Buffer.from(next()))
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, lane))
}

/** A timer may fire this late through no fault of the server. */
const TIMER_SLACK_MS = 2

async function openConnection(port: number) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.setEncoding('latin1')
  let received = ''
  let settle: { resolve(): void; reject(error: Error): void } | undefined
  socket.on('error', (error) => settle?.reject(error))
  socket.on('data', (chunk: unknown) => {
    received += chunk
    if (!isWhole(received)) return
    const answer = received
    received = ''
    if (SUCCESS.test(answer)) settle?.resolve()
    else settle?.reject(new Error(answer))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve())
    socket.once('error', reject)
  })
  return {
    ask: (bytes: Buffer) =>
      new Promise<void>((resolve, reject) => {
        settle = { resolve, reject }
        socket.write(bytes)
      }),
    close: () => socket.destroy(),
  }
}
