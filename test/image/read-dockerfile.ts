export interface Instruction {
  /** In capitals, such as RUN. */
  name: string
  /** `--from=build` as `{ from: 'build' }`; of several alike, the last. */
  flags: Record<string, string>
  /** What follows the flags, with arguments filled in. */
  value: string
}

export interface Stage {
  image: string
  name: string | undefined
  instructions: Instruction[]
}

/**
 * Reads the part of the Dockerfile language that ours is written in: one stage after the other, `ARG` with defaults, `${NAME}`, flags,
 * continued lines. What it does not know it keeps as it is.
 * @param args in place of the defaults of `ARG`
 * @throws for an argument that nobody gave a value
 */
export function readDockerfile(text: string, args: Record<string, string> = {}): Stage[] {
  const globals = new Map<string, string>()
  const stages: Stage[] = []
  let scope = globals
  for (const line of logicalLines(text)) {
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/s.exec(line) ?? []
    const value = fillIn(rest, name === 'FROM' ? globals : scope)
    const stage = stages.at(-1)
    if (name === 'ARG') {
      const [key = '', fallback] = value.split(/=(.*)/s)
      const found = args[key] ?? fallback ?? globals.get(key)
      if (found !== undefined) scope.set(key, found)
    } else if (name === 'FROM') {
      const [, image = '', , stageName] = /^(\S+)(\s+AS\s+(\S+))?$/i.exec(value) ?? []
      stages.push({ image, name: stageName, instructions: [] })
      scope = new Map()
    } else if (stage) {
      stage.instructions.push({ name, ...splitFlags(value) })
    }
  }
  return stages
}

function logicalLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

function fillIn(text: string, scope: Map<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = scope.get(name)
    if (value === undefined) throw new Error(`nobody gave ${name} a value`)
    return value
  })
}

function splitFlags(text: string): Pick<Instruction, 'flags' | 'value'> {
  const flags: Record<string, string> = {}
  let value = text
  for (let found = FLAG.exec(value); found; found = FLAG.exec(value)) {
    flags[found[1]!] = found[2]!
    value = value.slice(found[0].length)
  }
  return { flags, value }
}

const FLAG = /^--([a-z-]+)=(\S+)\s+/
