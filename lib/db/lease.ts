const OWNER_LENGTH = 32

/** The owner of a row that nobody leases, at the width of its column, so that InnoDB updates in place. */
export const NOBODY = '-'.repeat(OWNER_LENGTH)

/** An owner's name at the width of the column: its end tells processes apart where it begins with a long host name. */
export function ownerName(owner: string): string {
  return owner.slice(-OWNER_LENGTH).padEnd(OWNER_LENGTH, '.')
}
