import type { Config } from '../config.ts'
import type { UserRow } from '../db/tables.ts'

export type ProfileField = 'gender' | 'birthDate'

/** The mandatory profile fields that the user has not given. */
export function profileGaps(
  user: Pick<UserRow, 'gender' | 'birth_date'>,
  config: Pick<Config, 'requireGenderExtra' | 'requireBirthDateExtra'>,
): ProfileField[] {
  return [
    ...(config.requireGenderExtra && !user.gender ? (['gender'] as const) : []),
    ...(config.requireBirthDateExtra && !user.birth_date ? (['birthDate'] as const) : []),
  ]
}
