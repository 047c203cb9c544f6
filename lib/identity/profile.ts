import type { Kysely } from 'kysely'
import * as z from 'zod'
import type { Database, UserRow } from '../db/tables.ts'

/** Absent and empty leave a field as it is, null clears it. */
const changes = <T extends z.ZodType>(schema: T) =>
  z.union([z.literal('').transform(() => undefined), schema]).optional()

const Name = z
  .string()
  .trim()
  .max(255)
  .nullable()
  .transform((name) => name ?? '')

const BirthDate = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .transform((text) => new Date(text).toISOString().slice(0, 10))
  .refine((date) => date >= '1900-01-01', 'must not be before 1900')

/**
 * What a user may change of itself. The page sends its whole user object: identity, e-mail, roles, groups and the avatar's URL
 * in it are ignored.
 */
export const ProfileUpdate = z
  .object({
    firstName: changes(Name),
    lastName: changes(Name),
    birthDate: changes(BirthDate.nullable()),
    gender: changes(z.enum(['male', 'female', 'other']).nullable()),
  })
  .meta({ id: 'ProfileUpdate' })
export type ProfileUpdate = z.output<typeof ProfileUpdate>

export type ProfileColumns = Pick<UserRow, 'first_name' | 'last_name' | 'birth_date' | 'gender' | 'avatar'>

/** The columns that an update changes; empty when it changes nothing. */
export function changedColumns(
  user: UserRow,
  update: ProfileUpdate,
  avatar?: string,
): Partial<ProfileColumns> {
  const wanted: Partial<ProfileColumns> = {
    ...(update.firstName !== undefined && { first_name: update.firstName }),
    ...(update.lastName !== undefined && { last_name: update.lastName }),
    ...(update.birthDate !== undefined && { birth_date: update.birthDate }),
    ...(update.gender !== undefined && { gender: update.gender }),
    ...(avatar !== undefined && { avatar }),
  }
  const changed = Object.entries(wanted).filter(
    ([name, value]) => user[name as keyof ProfileColumns] !== value,
  )
  return Object.fromEntries(changed)
}

export async function updateProfile(
  db: Kysely<Database>,
  userId: number,
  columns: Partial<ProfileColumns>,
  now: number,
): Promise<void> {
  await db
    .updateTable('users')
    .set({ ...columns, updated_at: now })
    .where('id', '=', userId)
    .execute()
}
