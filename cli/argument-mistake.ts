import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { ArgDef, ArgsDef } from 'citty'

/** A command found that its arguments do not fit; the command line answers with the usage. */
export class ArgumentMistake extends Error {
  override readonly name = 'ArgumentMistake'
}

/** What is wrong with a command's arguments, which citty itself would accept in silence. */
export function findArgumentMistake(defs: ArgsDef, rawArgs: string[]): string | undefined {
  const named = Object.entries(defs).filter(([, def]) => def.type !== 'positional')
  const positional = Object.entries(defs).filter(([, def]) => def.type === 'positional')

  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    const options = Object.fromEntries(named.map(([name, def]) => [name, optionOf(def)]))
    parsed = parseArgs({ args: rawArgs, options, strict: true, allowPositionals: true, allowNegative: true })
  } catch (error) {
    return describeParseError(error as NodeJS.ErrnoException)
  }

  if (parsed.positionals.length > positional.length) {
    return `unexpected argument ${parsed.positionals[positional.length]}`
  }
  return (
    firstMistake(named, (name, def) => namedMistake(`--${name}`, def, parsed.values[name])) ??
    firstMistake(positional, (name, def, index) => positionalMistake(name, def, parsed.positionals[index]))
  )
}

function optionOf(def: ArgDef): NonNullable<ParseArgsConfig['options']>[string] {
  const short = [(def as { alias?: string | string[] }).alias ?? []]
    .flat()
    .find((alias) => alias.length === 1)
  const type = def.type === 'string' || def.type === 'enum' ? 'string' : 'boolean'
  return { type, multiple: true, ...(short ? { short } : {}) }
}

function namedMistake(option: string, def: ArgDef, given: unknown): string | undefined {
  const values = (given ?? []) as unknown[]
  if (values.length > 1) return `${option} is given twice`
  if (values.length === 0)
    return def.required && def.default === undefined ? `${option} is missing` : undefined
  if (values[0] === '') return `${option} needs a value`
  const choices = def.type === 'enum' ? (def.options ?? []) : []
  return choices.length > 0 && !choices.includes(String(values[0]))
    ? `${option} must be one of ${choices.join(', ')}`
    : undefined
}

function positionalMistake(name: string, def: ArgDef, value: string | undefined): string | undefined {
  const needed = def.required !== false && def.default === undefined
  return value === '' || (value === undefined && needed) ? `${name.toUpperCase()} is missing` : undefined
}

function firstMistake(
  entries: [string, ArgDef][],
  find: (name: string, def: ArgDef, index: number) => string | undefined,
): string | undefined {
  for (const [index, [name, def]] of entries.entries()) {
    const mistake = find(name, def, index)
    if (mistake) return mistake
  }
  return undefined
}

// Node's first sentence names the option and no value.
function describeParseError({ message }: NodeJS.ErrnoException): string {
  const [sentence] = message.split(/\. |\n/)
  return sentence!.charAt(0).toLowerCase() + sentence!.slice(1)
}
