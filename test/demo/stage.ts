/** A message about the tenant that the story makes. */
export interface TenantEvent {
  id: string
  time: string
  seq: number
  subject: string
}

/** Where the story plays. */
export interface Stage {
  /** The product's public API. */
  url: string
  /** What runs, for people. */
  parts: string[]
  /**
   * Every event of a user and its group so far, once each wanted subject is among them. Undefined where the stage cannot tell.
   * @throws {Surprise} when one does not come in time
   */
  events(about: Tenant, wanted: string[]): Promise<TenantEvent[] | undefined>
  stop(): Promise<void>
}

export interface Tenant {
  identity: string
  group: string
}

export const EVENT_LIMIT_MS = 15_000

/** Whether a message is about the user or the group. */
export function isAbout(message: unknown, { identity, group }: Tenant): boolean {
  const { user, group: subject } = message as { user?: { identity?: string }; group?: { name?: string } }
  return user ? user.identity === identity : subject?.name === group
}
