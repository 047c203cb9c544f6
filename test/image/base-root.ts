import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { findApt } from '../parts/apt.ts'
import { findProgram, programPath } from '../parts/find-program.ts'
import { runProcess } from '../parts/process.ts'

const SUITE = 'bookworm'
const MIRROR = 'http://deb.debian.org'

/** Of what debian:*-slim leaves out, what weighs. */
const NOT_IN_SLIM = [
  'usr/share/doc',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/man',
  'var/lib/apt/lists',
]

/** Fills an empty directory with what the base image debian:bookworm-slim has, through debootstrap. @throws when that is not to be had */
export async function makeDebianRoot(root: string): Promise<void> {
  if (!findProgram('debootstrap')) {
    const trouble = findApt()?.install(['debootstrap'])
    if (!findProgram('debootstrap'))
      throw new Error(`debootstrap is not installed: ${trouble ?? 'no apt here'}`)
  }
  await runProcess(programPath('debootstrap'), ['--variant=minbase', SUITE, root, `${MIRROR}/debian`])

  for (const path of NOT_IN_SLIM) {
    rmSync(join(root, path), { recursive: true, force: true })
    mkdirSync(join(root, path), { recursive: true })
  }
  // Container engines bring their own devices.
  for (const path of readdirSync(join(root, 'dev'))) rmSync(join(root, 'dev', path), { recursive: true })
  // debootstrap copies this machine's.
  for (const path of ['etc/resolv.conf', 'etc/hostname']) writeFileSync(join(root, path), '')
  rmSync(join(root, 'etc/apt/sources.list'), { force: true })
  for (const [path, text, mode] of FILES) writeFileSync(join(root, path), text, { mode })
}

/** Adds to a root what the base image node:*-slim has more: the Node of this checkout and the npm that runs us. */
export function addNode(root: string): void {
  const local = join(root, 'usr/local')
  mkdirSync(join(local, 'bin'), { recursive: true })
  copyFileSync(realpathSync(process.execPath), join(local, 'bin/node'))
  const npm = npmDirectory()
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
}

/** What addNode would add, as a text for people and for cache keys. */
export function describeNode(): string {
  const { version } = JSON.parse(readFileSync(join(npmDirectory(), 'package.json'), 'utf8'))
  return `Node ${process.version} with npm ${version}`
}

function npmDirectory(): string {
  const cli = process.env.npm_execpath ?? findProgram('npm')
  if (!cli) throw new Error('npm is not installed')
  return dirname(dirname(realpathSync(cli)))
}

/** As the official images have them; the policy keeps packages from starting services, which would take this machine's ports. */
const FILES: Array<[path: string, text: string, mode: number]> = [
  ['usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755],
  [
    'etc/dpkg/dpkg.cfg.d/docker',
    NOT_IN_SLIM.slice(0, 4)
      .map((path) => `path-exclude /${path}/*\n`)
      .join(''),
    0o644,
  ],
  [
    'etc/apt/sources.list.d/debian.list',
    [
      `deb ${MIRROR}/debian ${SUITE} main`,
      `deb ${MIRROR}/debian ${SUITE}-updates main`,
      `deb ${MIRROR}/debian-security ${SUITE}-security main`,
      '',
    ].join('\n'),
    0o644,
  ],
]
