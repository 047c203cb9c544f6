import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAvailable } from '../parts/available.ts'
import { startEmulatedKratos } from '../parts/emulated-kratos.ts'
import { freePort } from '../parts/free-port.ts'
import { startMariaDb } from '../parts/mariadb.ts'
import { type S3, startS3 } from '../parts/s3.ts'
import { tempDir } from '../parts/temp-dir.ts'

export interface Surroundings {
  /** What the container listens on. */
  url: string
  internalUrl: string
  env: Record<string, string>
  configDirectory: string
  s3: S3
  database: string
  stop(): Promise<void>
}

/** What the service needs beside it, on loopback, and a configuration that names all of it. */
export async function startSurroundings(): Promise<Surroundings> {
  const [port, apiPort, mailPort] = [await freePort(), await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const kratos = await startEmulatedKratos(url)
  const s3 = await startS3()
  const mariadb = isAvailable('mariadb') ? await startMariaDb() : undefined
  const database = (await mariadb?.createDatabase('authlance')) ?? { file: '/app/data/authlance.sqlite' }
  await mariadb?.createDatabase('drill')

  const configDirectory = tempDir('image-config')
  // JSON is YAML as well.
  const config = JSON.stringify({
    port: apiPort,
    host: '127.0.0.1',
    trustedProxies: ['127.0.0.1'],
    jwtKey: randomBytes(48).toString('base64url'),
    database,
    kratos: { url: kratos.publicUrl, adminUrl: kratos.adminUrl },
    frontend: { url },
    mailAuth: { host: '127.0.0.1', port: mailPort, user: 'mail', password: randomBytes(16).toString('hex') },
    authlance: { autoCreateGroup: true },
    s3Config: {
      key: s3.accessKeyId,
      secret: s3.secretAccessKey,
      region: s3.region,
      endpoint: s3.endpoint,
      bucket: s3.bucket,
      secondaryBucket: s3.bucket,
    },
  })
  writeFileSync(join(configDirectory, 'config.yaml'), config)
  chmodSync(configDirectory, 0o755)

  return {
    url,
    internalUrl: `http://127.0.0.1:${mailPort}`,
    env: { AUTHLANCE_HTTP_PORT: String(port) },
    configDirectory,
    s3,
    database: mariadb ? 'MariaDB' : 'SQLite',
    async stop() {
      await Promise.all([kratos.stop(), s3.stop(), mariadb?.stop()])
    },
  }
}
