import pc from 'picocolors'

/** Prints the story: chapters, what is asked, what is answered, and what it shows. */
export interface Narrator {
  title(text: string, lines: string[]): void
  chapter(text: string): void
  asked(method: string, path: string, detail: string): void
  answered(status: number, detail: string): void
  shown(name: string, value: string): void
  proven(text: string): void
  end(text: string): void
  surprise(text: string): void
}

/** @param write takes one line */
export function createNarrator(write: (line: string) => void, colour: boolean): Narrator {
  const { bold, cyan, dim, green, red, yellow } = pc.createColors(colour)
  let chapters = 0
  return {
    title(text, lines) {
      write(`\n${bold(text)}`)
      for (const line of lines) write(dim(`  ${line}`))
    },
    chapter(text) {
      chapters += 1
      write(`\n${bold(cyan(String(chapters).padStart(2)))}  ${bold(text)}`)
    },
    asked: (method, path, detail) =>
      write(`    ${dim('→')} ${method.padEnd(4)} ${path}${detail && `  ${dim(detail)}`}`),
    answered(status, detail) {
      const paint = status < 400 ? green : yellow
      write(`    ${dim('←')} ${paint(String(status))}${detail && `  ${dim(detail)}`}`)
    },
    shown: (name, value) => write(`      ${name.padEnd(25)} ${value}`),
    proven: (text) => write(`    ${green('✓')} ${text}`),
    end: (text) => write(`\n${bold(green('✓'))} ${text}\n`),
    surprise: (text) => write(`\n${bold(red('✗'))} ${text}\n`),
  }
}
