/** A running Kratos, real or emulated, as the stories see it. */
export interface Target {
  /** Origins that requests carry; answers name them in `request_url` and redirects. */
  publicUrl: string
  adminUrl: string
  publicFetch(request: Request): Promise<Response>
  adminFetch(request: Request): Promise<Response>
  /** Waits for the newest mail to this address that has not been handed out yet. */
  nextMail(recipient: string): Promise<TargetMail>
  /** Moves a flow's end into the past, by this many minutes. */
  expireFlow(kind: FlowKind, id: string, minutesAgo: number): Promise<void>
  /** Moves the last authentication of a session into the past. */
  ageSession(id: string, minutes: number): Promise<void>
  /** Ends the life of the codes that a flow has sent. */
  expireCodes(kind: 'recovery' | 'verification', flowId: string): Promise<void>
  /** Ends a session by its age. */
  expireSession(id: string): Promise<void>
  close(): Promise<void>
}

export type FlowKind = 'login' | 'registration' | 'recovery' | 'verification' | 'settings'

export interface TargetMail {
  templateType: string
  code: string
}

/** What both targets are configured with, so that their answers can be compared literally. */
export const publicBaseUrl = 'http://127.0.0.1:8000/authlance/identity/'
export const uiBaseUrl = 'http://127.0.0.1:8000'
