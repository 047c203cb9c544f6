import { join } from 'node:path'
import { runProcess } from './process.ts'
import { tempDir } from './temp-dir.ts'

/** Makes a certificate for localhost and 127.0.0.1 that signs itself. @returns the paths of both PEM files */
export async function makeCertificate(): Promise<{ certificate: string; key: string }> {
  const dir = tempDir('certificate')
  const [certificate, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
  await runProcess('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2'],
    ...['-out', certificate, '-keyout', key],
  ])
  return { certificate, key }
}
