import * as z from 'zod'

/*
 * Every subject that we publish, with the schema of its payload. The published message is the payload with
 * `id`, `time`, `schemaVersion` and `seq` added, so no payload uses these names.
 */

const Actor = z.object({
  identity: z.string().meta({ description: 'Kratos identity id' }),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
})

const GroupRef = z.object({ id: z.int(), name: z.string().meta({ description: 'Slug' }) })

export const UserCreated = z.object({ user: Actor })
export const UserAuthenticated = z.object({
  user: Actor,
  email: z.string(),
  subId: z.string().meta({ description: 'Kratos identity id, as siblings name it' }),
})
export const GroupCreated = z.object({ group: GroupRef.extend({ longName: z.string() }), user: Actor })
export const SubscriptionCreated = z.object({
  tierName: z.string(),
  group: GroupRef,
  status: z.string().meta({ description: '`trialing` or `active`' }),
  subscriptionId: z.int(),
  billingProvider: z.string(),
  startDate: z.iso.datetime(),
  endDate: z.iso.datetime().optional().meta({ description: 'End of the trial; absent without one' }),
})

const ADA = {
  identity: '9f1c6f0e-6d0b-4d53-8d3c-6d1f5a1c2b7e',
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
}

/** Subject -> schema version, payload schema and an example for the documentation. */
export const SUBJECTS = {
  'user.created': {
    schemaVersion: 1,
    summary: 'A user was provisioned: once per Kratos identity.',
    schema: UserCreated,
    example: { user: ADA },
  },
  'user.authenticated': {
    schemaVersion: 1,
    summary: 'A Kratos session was exchanged for the first time: once per session, not on renewal.',
    schema: UserAuthenticated,
    example: { user: ADA, email: ADA.email, subId: ADA.identity },
  },
  'group.created': {
    schemaVersion: 1,
    summary: 'A group was made.',
    schema: GroupCreated,
    example: { group: { id: 7, name: 'ada', longName: 'Ada Lovelace' }, user: ADA },
  },
  'subscription.created': {
    schemaVersion: 1,
    summary: 'A group got a subscription.',
    schema: SubscriptionCreated,
    example: {
      tierName: 'Standard',
      group: { id: 7, name: 'ada' },
      status: 'trialing',
      subscriptionId: 7,
      billingProvider: 'authlance',
      startDate: '2026-01-01T00:00:00.000Z',
      endDate: '2026-01-15T00:00:00.000Z',
    },
  },
} as const satisfies Record<string, SubjectDefinition>

export interface SubjectDefinition {
  schemaVersion: number
  summary: string
  schema: z.ZodObject
  example: Record<string, unknown>
}

export type Subject = keyof typeof SUBJECTS
export type Payload<S extends Subject> = z.output<(typeof SUBJECTS)[S]['schema']>
