import type { CustomerMove, CustomerNow } from '../../runtime/dev/customer-moves.ts'

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
   * Every event of a user and its group so far, once each wanted subject is among them, as often as it is wanted. Undefined where
   * the stage cannot tell.
   * @throws {Surprise} when one does not come in time
   */
  events(about: Tenant, wanted: string[]): Promise<TenantEvent[] | undefined>
  /** Undefined where nothing can be bought with play money. */
  shop(): Promise<Shop | undefined>
  stop(): Promise<void>
}

/** What a buyer needs beside the product: a verified address, and a Stripe whose time can be moved. */
export interface Shop {
  verify(identity: string, email: string): Promise<void>
  move(customer: string, move: CustomerMove): Promise<CustomerNow>
}

export interface Tenant {
  identity: string
  group: string
  /** At Stripe. */
  customer?: string
}

export const EVENT_LIMIT_MS = 15_000

/** Whether a message is about the group, or else about the user. */
export function isAbout(message: unknown, { identity, group, customer }: Tenant): boolean {
  const told = message as { user?: { identity?: string; id?: string }; group?: { name?: string } }
  if (told.group) return told.group.name === group
  return told.user?.identity === identity || (customer !== undefined && told.user?.id === customer)
}

/** What is wanted more often than it was told. */
export function missing(wanted: string[], told: { subject: string }[]): string[] {
  const left = told.map(({ subject }) => subject)
  return wanted.filter((subject) => {
    const at = left.indexOf(subject)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
