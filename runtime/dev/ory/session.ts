import { type Emulator, timestamp } from './emulator.ts'
import { type Identity, identityJson } from './identity.ts'

export interface AuthenticationMethod {
  method: string
  aal: 'aal1'
  completedAt: number
}

export interface Device {
  id: string
  ipAddress: string
  userAgent: string | null
}

export interface Session {
  id: string
  token: string
  logoutToken: string
  active: boolean
  methods: AuthenticationMethod[]
  issuedAt: number
  authenticatedAt: number
  expiresAt: number
  identity: Identity
  devices: Device[]
}

/** Whether a session lets its owner in. */
export function isLive({ active, expiresAt, identity }: Session, now: number): boolean {
  return active && expiresAt > now && identity.state === 'active'
}

export interface SessionView {
  /** Leaves the person out, as the admin API does unless told to expand. */
  withoutIdentity?: boolean
  withoutDevices?: boolean
  /** Shows the person without addresses, and without the schema's URL, as an identity's list of sessions does. */
  bareIdentity?: boolean
  /** Shows the person without addresses, as the list of all sessions does. */
  withoutAddresses?: boolean
}

/** A session as the API shows it. */
export function sessionJson(
  emulator: Emulator,
  session: Session,
  view: SessionView = {},
): Record<string, unknown> {
  const identity = identityJson(emulator, session.identity, {
    withoutAddresses: view.bareIdentity || view.withoutAddresses || false,
    withoutSchemaUrl: view.bareIdentity ?? false,
  })
  return {
    id: session.id,
    active: view.withoutIdentity
      ? session.active && session.expiresAt > emulator.now()
      : isLive(session, emulator.now()),
    expires_at: timestamp(session.expiresAt),
    authenticated_at: timestamp(session.authenticatedAt),
    authenticator_assurance_level: 'aal1',
    authentication_methods: session.methods.map(({ method, aal, completedAt }) => ({
      method,
      aal,
      completed_at: timestamp(completedAt),
    })),
    issued_at: timestamp(session.issuedAt),
    identity: view.withoutIdentity ? null : identity,
    devices: view.withoutDevices ? null : session.devices.map(deviceJson),
  }
}

function deviceJson({ id, ipAddress, userAgent }: Device) {
  return { id, ip_address: ipAddress, user_agent: userAgent, location: '' }
}
