import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { pino } from 'pino'
import { createLog } from '../node/log.ts'
import { choosePort } from './choose-port.ts'
import { openDataDirectory } from './data-directory.ts'
import { ADMINISTRATOR } from './dev-config.ts'
import { startDevStack } from './dev-stack.ts'
import { welcome } from './welcome.ts'

const USAGE = `usage: npm run dev -- [--fresh] [--ory] [--port N] [--data DIR] [--verbose]

  --fresh     forget what was kept before
  --ory       real Kratos and Hydra, built with Go the first time, in the place of the emulator
  --port N    port of the page and the API (default 8000)
  --data DIR  where everything is kept (default .authlance)
  --verbose   write the log to this terminal too`

const STOP_LIMIT_MS = 1800

await main().catch((error: Error) => {
  console.error(`dev: ${error.message}`)
  process.exit(1)
})

/** Runs a development stack until it is interrupted. */
async function main(): Promise<void> {
  const { fresh, data, ory, verbose, port: wantedPort } = readArguments()
  const directory = openDataDirectory({ path: data, fresh })
  const file = pino.destination({ dest: directory.logFile, append: false, sync: true })
  const streams = verbose ? pino.multistream([{ stream: file }, { stream: process.stderr }]) : file
  const log = createLog('info', [directory.jwtKey, ADMINISTRATOR.password], streams)
  logWarnings(log)

  const interrupted = interruption()
  const port = await choosePort(wantedPort)
  if (wantedPort !== 0 && port !== wantedPort) console.log(`port ${wantedPort} is taken: using ${port}`)
  const stack = await startDevStack({ directory, port, log, realOry: ory, say: console.log })
  const colour = process.stdout.isTTY === true && pc.isColorSupported
  console.log(welcome({ stack, dataPath: shown(data), logFile: shown(directory.logFile), colour }))

  await interrupted
  const limit = setTimeout(() => {
    console.error('dev: stopped before everything was done')
    process.exit(1)
  }, STOP_LIMIT_MS)
  await stack.stop()
  directory.release()
  clearTimeout(limit)
  console.log(`${process.stdout.isTTY ? '\n' : ''}stopped`)
  process.exit(0)
}

/** A path as a person would write it. */
function shown(path: string): string {
  const nearby = relative(process.cwd(), path)
  return nearby.startsWith('..') ? resolve(path) : nearby || '.'
}

interface Arguments {
  fresh: boolean
  port: number
  data: string
  verbose: boolean
  ory: boolean
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        fresh: { type: 'boolean', default: false },
        port: { type: 'string', default: '8000' },
        data: { type: 'string', default: '.authlance' },
        verbose: { type: 'boolean', default: false },
        ory: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const port = Number(values.port)
    if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error('--port takes a number from 0 to 65535')
    if (values.data === '') throw new Error('--data takes a directory')
    return { ...values, port }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(2)
  }
}

/** Node's own warnings, of features that it calls experimental, would disturb the first page that a person sees. */
function logWarnings(log: ReturnType<typeof createLog>): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => log.warn({ err: warning }, 'warning'))
}

/** Resolves at Ctrl-C, a polite kill or a closed terminal; a second one ends the process at once. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        count += 1
        if (count > 1) process.exit(130)
        resolve()
      })
    }
  })
}
