import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from '../parts/find-program.ts'
import { freePort } from '../parts/free-port.ts'
import { startKratos } from '../parts/kratos.ts'
import { registerUser } from '../parts/kratos-user.ts'
import { startProcess } from '../parts/process.ts'
import { tempDir } from '../parts/temp-dir.ts'
import { compareRates } from './compare-rates.ts'
import { keepApart } from './cores.ts'
import { requestText } from './load.ts'
import { isLive, type Programs, type Server, startProduct } from './programs.ts'
import type { BenchResult } from './result.ts'

const CONNECTIONS = 32
const WHOAMI = '/authlance/identity/sessions/whoami'

/**
 * `whoami` through our proxy, against an nginx that passes it to the same real Kratos.
 * @param apart gives Kratos a core of its own, so that the proxies compare and not what they leave of Kratos' core
 */
export async function benchKratosProxy(programs: Programs, apart: boolean): Promise<BenchResult> {
  const kratos = await startKratos()
  const database = { file: join(tempDir('bench'), 'authlance.sqlite') }
  const upstream = { url: kratos.publicUrl, adminUrl: kratos.adminUrl }
  const product = await startProduct(programs, { kratos: upstream, database })
  const nginx = await startPlainProxy(kratos.publicUrl)
  const restore = apart ? keepApart(kratos.pid, product.pid, nginx.pid) : () => undefined
  try {
    const requests: string[] = []
    for (let count = 0; count < CONNECTIONS; count++) {
      const { sessionToken } = await registerUser(kratos.publicUrl)
      requests.push(requestText('GET', WHOAMI, { 'x-session-token': sessionToken }))
    }
    return await compareRates(
      `proxied whoami${apart ? ', Kratos on its own core' : ''} / nginx at Kratos`,
      { atLeast: 0.6 },
      { port: product.port, pids: [product.pid, kratos.pid], requests },
      { port: nginx.port, pids: [nginx.pid, kratos.pid], requests },
    )
  } finally {
    restore()
    await Promise.all([product.stop(), nginx.stop()])
    await kratos.stop()
  }
}

/** The least nginx that does the same: the prefix is stripped, connections are kept. One process, so that its time can be told. */
async function startPlainProxy(kratosUrl: string): Promise<Server> {
  const port = await freePort()
  const dir = tempDir('bench')
  const file = join(dir, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${dir}/pid; error_log stderr emerg;
    events {}
    http {
      access_log off;
      client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
      uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
      keepalive_requests 1000000;
      upstream kratos { server ${new URL(kratosUrl).host}; keepalive 64; keepalive_requests 1000000; }
      server {
        listen 127.0.0.1:${port};
        location = /livez { return 200; }
        location /authlance/identity/ {
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_pass http://kratos/;
        }
      }
    }`,
  )
  const nginx = startProcess(programPath('nginx'), ['-e', 'stderr', '-c', file])
  await nginx.waitForProbe(() => isLive(port))
  return { port, pid: nginx.pid, stop: () => nginx.stop() }
}
