import { stripVTControlCharacters } from 'node:util'
import { renderUsage } from 'citty'
import { type AnyCommand, resolve } from './command.ts'

/** The usage of the last of the commands that lead to it, with its examples; plain where no terminal reads it. */
export async function renderCommandUsage(commands: AnyCommand[], colour: boolean): Promise<string> {
  const metas = await Promise.all(commands.map((command) => resolve(command.meta)))
  const meta = metas.at(-1)
  const parent = {
    meta: {
      name: metas
        .slice(0, -1)
        .map((above) => above?.name)
        .join(' '),
    },
  }

  const usage = (await renderUsage(commands.at(-1)!, commands.length > 1 ? parent : undefined))
    .replace(/[^\S\n]+$/gm, '')
    .trimEnd()

  const examples = (meta?.examples ?? []).map((example) => `  ${example}`)
  const text = examples.length > 0 ? `${usage}\n\nEXAMPLES\n\n${examples.join('\n')}` : usage
  return colour ? text : stripVTControlCharacters(text)
}
