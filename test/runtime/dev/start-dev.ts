import { type RunningProcess, startProcess } from '../../parts/process.ts'

export interface DevProcess extends RunningProcess {
  url: string
}

/** Starts a development stack as `npm run dev` does, on free ports unless `args` name one. */
export async function startDev(dataPath: string, args: string[] = ['--port', '0']): Promise<DevProcess> {
  const child = startProcess(process.execPath, ['runtime/dev/index.ts', '--data', dataPath, ...args], {
    env: { FORCE_COLOR: undefined, NO_COLOR: undefined },
  })
  const [, url] = await child.waitForLine(/ready {2}(http:\/\/127\.0\.0\.1:\d+)\//)
  return Object.assign(child, { url: url! })
}

/** Presses Ctrl-C. */
export async function interrupt(dev: RunningProcess): Promise<{ code: number | null; afterMs: number }> {
  const startedAt = performance.now()
  process.kill(dev.pid, 'SIGINT')
  const { code } = await dev.exit
  return { code, afterMs: performance.now() - startedAt }
}
