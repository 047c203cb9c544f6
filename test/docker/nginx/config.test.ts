import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { makeCertificate } from '../../parts/certificate.ts'
import { programPath } from '../../parts/find-program.ts'
import { renderNginx } from '../../parts/nginx.ts'
import { runProcess } from '../../parts/process.ts'
import { tempDir } from '../../parts/temp-dir.ts'

/** @returns the rendered text, after `nginx -t` has taken it */
async function render(env: Record<string, string> = {}): Promise<string> {
  const dir = tempDir('render')
  const file = join(dir, 'nginx.conf')
  await renderNginx(file, { NGINX_DIR: dir, NGINX_ACCESS_LOG: join(dir, 'access.log'), ...env })
  await runProcess(programPath('nginx'), ['-t', '-q', '-e', 'stderr', '-c', file])
  return readFileSync(file, 'utf8')
}

describe.skipIf(requirePart('nginx'))('the configuration of nginx', () => {
  it('is whole by default: port 1080 in front of port 8000, no TLS, nobody trusted', async () => {
    const text = await render()
    expect(text).toContain('listen 0.0.0.0:1080;')
    expect(text).toContain('server 127.0.0.1:8000 ')
    expect(text).not.toMatch(/ssl|set_real_ip_from|\$\{/)
    expect(text.match(/limit_req zone=\w+ burst=\d+ nodelay;/g)).toHaveLength(5)
  })

  it('takes every variable', async () => {
    const text = await render({
      AUTHLANCE_HTTP_PORT: '8080',
      NGINX_UPSTREAMS: '127.0.0.1:8001, [::1]:8002 localhost:8003',
      NGINX_LISTEN: '127.0.0.1 [::1]',
      NGINX_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32 192.0.2.1',
      NGINX_CORS_ORIGINS: 'https://app.example.com,http://localhost:3000',
      NGINX_WORKERS: 'auto',
      NGINX_CONNECTIONS: '512',
      NGINX_MAX_BODY: '2m',
      NGINX_MAX_MULTIPART: '9m',
      NGINX_LIMIT_LOGIN: '5r/s 7',
      NGINX_LIMIT_EXCHANGE: 'off',
      NGINX_ACCESS_LOG: 'off',
    })
    for (const line of [
      'listen 127.0.0.1:8080;',
      'listen [::1]:8080;',
      'server 127.0.0.1:8001 ',
      'server [::1]:8002 ',
      'server localhost:8003 ',
      'set_real_ip_from 2001:db8::/32;',
      '    10.0.0.0/8 1;',
      '"http://localhost:3000" $http_origin;',
      'worker_processes auto;',
      'worker_connections 512;',
      'client_max_body_size 2m;',
      'client_max_body_size 9m;',
      'limit_req_zone $login_client zone=login:4m rate=5r/s;',
      'limit_req zone=login burst=7 nodelay;',
    ]) {
      expect(text).toContain(line)
    }
    expect(text).not.toContain('limit_req zone=exchange')
  })

  it.each([
    ['AUTHLANCE_HTTP_PORT', '1080; include /etc/passwd'],
    ['AUTHLANCE_HTTP_PORT', '0'],
    ['AUTHLANCE_API_PORT', '80a'],
    ['NGINX_UPSTREAMS', '127.0.0.1:80; }'],
    ['NGINX_UPSTREAMS', 'unix:/run/docker.sock'],
    ['NGINX_UPSTREAMS', 'localhost'],
    ['NGINX_UPSTREAMS', '$host:80'],
    ['NGINX_UPSTREAMS', ' '],
    ['NGINX_LISTEN', '0.0.0.0:1'],
    ['NGINX_TRUSTED_PROXIES', '10.0.0.0/8;\nserver {}'],
    ['NGINX_TRUSTED_PROXIES', '10.0.0.0/8\n127.0.0.1'],
    ['NGINX_TRUSTED_PROXIES', 'unix:'],
    ['NGINX_TRUSTED_PROXIES', '*'],
    ['NGINX_CORS_ORIGINS', 'https://a.example.com/"; add_header x y;'],
    ['NGINX_CORS_ORIGINS', '~.*'],
    ['NGINX_CORS_ORIGINS', '*'],
    ['NGINX_WORKERS', '2;'],
    ['NGINX_CONNECTIONS', '-1'],
    ['NGINX_MAX_BODY', '1m; }'],
    ['NGINX_MAX_MULTIPART', '$remote_addr'],
    ['NGINX_LIMIT_LOGIN', '60r/m'],
    ['NGINX_LIMIT_LOGIN', '60r/m 1 delay=1'],
    ['NGINX_LIMIT_CHECKOUT', 'none'],
    ['NGINX_ACCESS_LOG', '/dev/stdout combined'],
    ['NGINX_ACCESS_LOG', 'syslog:server=evil.example.com'],
    ['NGINX_DIR', '/tmp/a;b'],
    ['NGINX_TLS_DIR', 'relative'],
  ])('refuses %s = %j and names it', async (name, value) => {
    const refused = render({ [name]: value })
    await expect(refused).rejects.toThrow(`${name}: expected `)
    await expect(refused).rejects.toThrow(/ended with 2/)
  })

  it('writes nothing but its directory, which nobody else may read', async () => {
    const dir = join(tempDir('render'), 'deep', 'nginx')
    await renderNginx(join(dir, 'nginx.conf'), { NGINX_DIR: dir })
    expect(await runProcess('/usr/bin/stat', ['-c', '%a', dir, join(dir, 'nginx.conf')])).toBe('700\n600\n')
  })

  it.each([
    ['tls.crt', 'tls.key'],
    ['fullchain.pem', 'privkey.pem'],
  ])('listens for TLS as well when %s and %s are mounted', async (certificateName, keyName) => {
    const made = await makeCertificate()
    const dir = tempDir('tls')
    copyFileSync(made.certificate, join(dir, certificateName))
    const onlyHalf = await render({ NGINX_TLS_DIR: dir })
    expect(onlyHalf).not.toContain('ssl')

    copyFileSync(made.key, join(dir, keyName))
    const text = await render({ NGINX_TLS_DIR: dir })
    expect(text).toContain('listen 0.0.0.0:1080;')
    expect(text).toContain('listen 0.0.0.0:1443 ssl http2;')
  })

  it('takes Kubernetes’ names before certbot’s', async () => {
    const made = await makeCertificate()
    const dir = tempDir('tls')
    for (const name of ['tls.crt', 'fullchain.pem']) copyFileSync(made.certificate, join(dir, name))
    for (const name of ['tls.key', 'privkey.pem']) copyFileSync(made.key, join(dir, name))
    expect(await render({ NGINX_TLS_DIR: dir })).toContain(`ssl_certificate ${dir}/tls.crt;`)
  })

  it('is refused by nginx -t when a certificate is none', async () => {
    const dir = tempDir('tls')
    mkdirSync(dir, { recursive: true })
    for (const name of ['tls.crt', 'tls.key']) writeFileSync(join(dir, name), 'nonsense')
    await expect(render({ NGINX_TLS_DIR: dir })).rejects.toThrow('cannot load certificate')
  })
})
