import { copyFileSync, readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { get } from 'node:https'
import { dirname } from 'node:path'
import { connect, type SecureVersion } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { makeCertificate } from '../../parts/certificate.ts'
import { type Front, startFront } from '../../parts/nginx-front.ts'
import { send } from '../../parts/send.ts'

const PATH = '/authlance/identity/me?x=%2f'

describe.skipIf(requirePart('nginx'))('TLS at the front', () => {
  let front: Front
  let dir: string
  let ca: Buffer
  beforeAll(async () => {
    const { certificate } = await makeCertificate()
    dir = dirname(certificate)
    ca = readFileSync(certificate)
    front = await startFront({ NGINX_TLS_DIR: dir })
  })
  afterAll(() => front.close())

  const handshake = (version: SecureVersion) =>
    new Promise<string>((resolve) => {
      const options = {
        port: front.nginx.tlsPort,
        host: '127.0.0.1',
        ca,
        minVersion: version,
        maxVersion: version,
      }
      const socket = connect({ ...options, ciphers: 'DEFAULT@SECLEVEL=0' }, () => {
        resolve(socket.getProtocol()!)
        socket.destroy()
      })
      socket.on('error', () => resolve('refused'))
    })

  it('serves what plain HTTP serves, and the service is told https', async () => {
    const status = await new Promise((resolve, reject) => {
      get({ host: 'localhost', family: 4, port: front.nginx.tlsPort, path: PATH, ca }, (response) => {
        response.resume()
        expect(response.headers['strict-transport-security']).toBeUndefined()
        resolve(response.statusCode)
      }).on('error', reject)
    })
    expect(status).toBe(200)
    expect(front.service.last()).toMatchObject({ target: PATH, headers: { 'x-forwarded-proto': 'https' } })
    expect(await front.nginx.logged(({ tls }) => tls !== '')).toMatchObject({ tls: 'TLSv1.3' })

    expect((await front.send(PATH)).status).toBe(200)
    expect(front.service.last().headers['x-forwarded-proto']).toBe('http')
  })

  it('speaks HTTP/2, with the Host that was asked for', async () => {
    const client = connectHttp2(`https://localhost:${front.nginx.tlsPort}`, { ca, family: 4 } as object)
    const stream = client.request({ ':path': PATH, ':authority': 'auth.example.com' })
    const status = await new Promise((resolve, reject) => {
      stream.on('response', (headers) => resolve(headers[':status']))
      stream.on('error', reject)
      client.on('error', reject)
    })
    client.destroy()

    expect(status).toBe(200)
    expect(front.service.last()).toMatchObject({ target: PATH, headers: { host: 'auth.example.com' } })
  })

  it('takes TLS 1.2 and 1.3 alone', async () => {
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3')
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
    expect(await handshake('TLSv1.1')).toBe('refused')
  })

  it('answers plain HTTP on the TLS port with 400 in our form', async () => {
    const answer = await send(`http://127.0.0.1:${front.nginx.tlsPort}`, PATH)
    expect([answer.status, answer.json().code]).toEqual([400, 'invalid_request'])
  })

  it('takes a renewed certificate at SIGHUP', async () => {
    const renewed = await makeCertificate()
    for (const name of ['tls.crt', 'tls.key'])
      copyFileSync(`${dirname(renewed.certificate)}/${name}`, `${dir}/${name}`)
    process.kill(front.nginx.pid, 'SIGHUP')

    ca = readFileSync(renewed.certificate)
    await expect.poll(() => handshake('TLSv1.3')).toBe('TLSv1.3')
  })
})
