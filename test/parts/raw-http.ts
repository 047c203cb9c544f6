import { connect } from 'node:net'

/**
 * Sends bytes as they are and reads until the server closes, or until the limit: what a broken or a malicious client does.
 * @returns the answer, one character a byte
 */
export function sendRawBytes(port: number, bytes: Uint8Array, limitMs = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    const timer = setTimeout(() => socket.destroy(), limitMs)
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
    socket.end(bytes)
  })
}
