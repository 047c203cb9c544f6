import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { proveImage } from './prove-image.ts'

/*
 * `npm run test:image` takes the steps of docker/Dockerfile in a Debian tree, without a container engine, and runs what comes out.
 * With `--fresh` every step is taken anew; otherwise those are kept whose input has not changed, apt's packages among them.
 */

const IN_NAMESPACE = 'AUTHLANCE_IMAGE_TEST'
const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } })

if (process.getuid?.() !== 0) {
  console.error('npm run test:image mounts file systems and changes the root directory: run it as root')
  process.exitCode = 2
} else if (process.env[IN_NAMESPACE]) {
  const succeeded = await proveImage(values).catch((error: Error) => {
    console.error(`FAILED  ${error.message}`)
    return false
  })
  process.exit(succeeded ? 0 : 1)
} else {
  // Mounts of a namespace end with its last process, and none of its processes outlives this one.
  const dies = ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--propagation', 'private', '--']
  const again = [...dies, process.execPath, ...process.argv.slice(1)]
  const { status } = spawnSync('setpriv', again, {
    stdio: 'inherit',
    env: { ...process.env, [IN_NAMESPACE]: '1' },
  })
  process.exitCode = status ?? 1
}
