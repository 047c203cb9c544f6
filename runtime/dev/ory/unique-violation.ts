const constraintUnique = 2067
const constraintPrimaryKey = 1555

/** Whether SQLite refused a row because its key is taken. */
export function isUniqueViolation(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode
  return code === constraintUnique || code === constraintPrimaryKey
}
