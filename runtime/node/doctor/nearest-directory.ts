import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

/** The directory of a file, or the one above it that is there: what is missing is made at the first start. */
export function nearestDirectory(file: string): string {
  let directory = dirname(file)
  while (!existsSync(directory) && dirname(directory) !== directory) directory = dirname(directory)
  return directory
}
