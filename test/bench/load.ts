import { connect, type Socket } from 'node:net'

/**
 * Sends HTTP/1.1 requests as fast as they are answered, one keep-alive connection for each, and counts the answers. It reads no
 * more of an answer than its status and its end, so that the load costs little of the cores that it shares with the servers.
 * @param requests what each connection sends again and again
 * @returns answers a second
 * @throws at the first answer that is not 200
 */
export async function measureRate(port: number, requests: string[], durationMs: number): Promise<number> {
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
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = Object.entries({
    host: '127.0.0.1',
    accept: 'application/json',
    ...headers,
    ...(text && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
  }).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${path} HTTP/1.1`, ...lines, '', text].join('\r\n')
}

function keepAsking(port: number, request: string, durationMs: number): Promise<number> {
  const bytes = Buffer.from(request)
  const endAt = performance.now() + durationMs
  return new Promise((resolve, reject) => {
    let count = 0
    let received = ''
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(bytes))
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the server hung up after ${count} answers`)))
    socket.on('data', (chunk: unknown) => {
      received += chunk
      if (!isWhole(received)) return
      if (!received.startsWith('HTTP/1.1 200 ')) return void socket.destroy(new Error(received))
      received = ''
      count++
      if (performance.now() < endAt) return void socket.write(bytes)
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
