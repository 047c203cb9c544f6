import { type ArgsDef, runCommand } from 'citty'
import { ArgumentMistake, findArgumentMistake } from './argument-mistake.ts'
import { type AnyCommand, resolve } from './command.ts'
import { renderCommandUsage } from './command-usage.ts'

/**
 * Runs a command line and returns its exit code: 0, 1 after a failure (one line on stderr, or one for each problem
 * of a configuration), 2 for a command line that does not fit (the usage on stderr).
 */
export async function runCommandLine(root: AnyCommand, rawArgs: string[]): Promise<number> {
  const { commands, rest } = await resolveCommand(root, rawArgs)
  const command = commands.at(-1)!

  if (optionsOf(rest).some((arg) => arg === '--help' || arg === '-h')) {
    console.log(await renderCommandUsage(commands, process.stdout.isTTY))
    return 0
  }
  if (command === root && rest.length === 1 && rest[0] === '--version') {
    console.log((await resolve(root.meta))?.version)
    return 0
  }

  const mistake = command.run ? findArgumentMistake(await argsOf(command), rest) : missingCommand(rest)
  if (mistake) return refuse(commands, mistake)

  try {
    await runCommand(command, { rawArgs: rest })
    return 0
  } catch (error) {
    if (error instanceof ArgumentMistake) return refuse(commands, error.message)
    console.error(describeFailure(error))
    return 1
  }
}

async function refuse(commands: AnyCommand[], mistake: string): Promise<number> {
  console.error(`authlance: ${mistake}\n\n${await renderCommandUsage(commands, process.stderr.isTTY)}`)
  return 2
}

async function resolveCommand(root: AnyCommand, rawArgs: string[]) {
  const commands = [root]
  let rest = rawArgs
  for (;;) {
    const subCommands = (await resolve(commands.at(-1)!.subCommands)) ?? {}
    const [name] = rest
    if (name === undefined || !Object.hasOwn(subCommands, name)) return { commands, rest }
    commands.push((await resolve(subCommands[name]))!)
    rest = rest.slice(1)
  }
}

function missingCommand([name]: string[]): string {
  if (name === undefined) return 'a command is missing'
  return name.startsWith('-') ? `unknown option ${name}` : `unknown command ${name}`
}

function optionsOf(args: string[]): string[] {
  const end = args.indexOf('--')
  return end < 0 ? args : args.slice(0, end)
}

async function argsOf(command: AnyCommand): Promise<ArgsDef> {
  return (await resolve(command.args)) ?? {}
}

function describeFailure(error: unknown): string {
  if (error instanceof Error && error.name === 'ConfigError') return error.message
  const { message, code, name } = error as Partial<NodeJS.ErrnoException>
  const [line] = (message || code || name || 'unknown failure').split('\n')
  return `authlance: ${line}`
}
