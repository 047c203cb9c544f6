import { isUsable, type SendText } from '../../lib/ory/send-text.ts'
import { keepConnections } from './kept-connections.ts'

/** Sends over `node:http` with kept connections: for small answers it takes half the time of `fetch`. */
export function createHttpSend(): SendText {
  const connectionTo = keepConnections()

  return (url, { method = 'GET', headers, body }, timeoutMs) =>
    new Promise((resolve, reject) => {
      const { send, agent } = connectionTo(url)
      const outgoing = send(url, { method, headers, agent }, (incoming) => {
        const status = incoming.statusCode!
        const retryAfter = incoming.headers['retry-after'] ?? null
        const link = incoming.headers.link?.toString() ?? null
        let text = ''
        const done = () => {
          clearTimeout(timer)
          resolve({ status, retryAfter, link, text })
        }
        incoming.on('error', fail)
        if (!isUsable(status)) {
          done()
          return void incoming.destroy()
        }
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', done)
      })

      const timer = setTimeout(() => {
        resolve('timeout')
        outgoing.destroy()
      }, timeoutMs)
      function fail(error: Error): void {
        clearTimeout(timer)
        reject(error)
      }
      outgoing.on('error', fail)
      outgoing.end(body)
    })
}
