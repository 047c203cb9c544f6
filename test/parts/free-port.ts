import { createServer } from 'node:net'

/**
 * A loopback port that nothing listens on now. It lies below the kernel's ephemeral range, so that no outgoing
 * connection takes it before its server binds it, and is random, so that parallel callers rarely meet.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    if (await canListen(port)) return port
  }
  throw new Error('no free loopback port found in 50 attempts')
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
