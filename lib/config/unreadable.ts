const REASONS: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'a directory',
  EACCES: 'a file without permission',
  EPERM: 'a file without permission',
}

/** Why a file could not be read, in words; a code that nobody foresaw stays as it is. */
export function unreadable(error: unknown): string {
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return 'an error'
  return REASONS[code] ?? code
}
