import * as z from 'zod'

/** A mail of Kratos' courier, without its body, which Kratos keeps to itself. */
export interface CourierMessage {
  id: string
  status: CourierStatus
  recipient: string
  /** Such as `recovery_code_valid`. */
  templateType: string
  sendCount: number
  /** Milliseconds since the epoch. */
  createdAt: number
}

export type CourierStatus = 'queued' | 'sent' | 'processing' | 'abandoned'

export type CourierList =
  /** `complete` is false where there are more than were asked for. */
  | { kind: 'messages'; messages: CourierMessage[]; complete: boolean }
  | { kind: 'unavailable'; reason: 'connection' | 'timeout' | 'status' | 'body'; status?: number }

export interface CourierQuery {
  adminUrl: string
  status: CourierStatus
  /** For all pages together. */
  timeoutMs: number
  /** Default 1000. */
  maxMessages?: number
}

const PAGE_SIZE = 250

/** Mails in one state, the newest first, through Kratos' admin API. Never throws. */
export async function listCourierMessages(query: CourierQuery): Promise<CourierList> {
  const { adminUrl, status, timeoutMs, maxMessages = 1000 } = query
  const signal = AbortSignal.timeout(timeoutMs)
  const messages: CourierMessage[] = []
  let pageToken: string | undefined
  try {
    do {
      const pageSize = Math.min(PAGE_SIZE, maxMessages - messages.length)
      const params = new URLSearchParams({
        status,
        page_size: String(pageSize),
        ...(pageToken && { page_token: pageToken }),
      })
      const response = await fetch(`${adminUrl}/admin/courier/messages?${params}`, {
        redirect: 'manual',
        signal,
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        return { kind: 'unavailable', reason: 'status', status: response.status }
      }
      const page = z.array(Message).safeParse(await response.json().catch(() => undefined))
      if (!page.success)
        return { kind: 'unavailable', reason: signal.aborted ? 'timeout' : 'body', status: 200 }
      messages.push(...page.data)
      pageToken = nextToken(response.headers.get('link'))
      if (page.data.length === 0) pageToken = undefined
    } while (pageToken !== undefined && messages.length < maxMessages)
    return { kind: 'messages', messages, complete: pageToken === undefined }
  } catch {
    return { kind: 'unavailable', reason: signal.aborted ? 'timeout' : 'connection' }
  }
}

const Message = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'sent', 'processing', 'abandoned']),
    recipient: z.string(),
    template_type: z.string(),
    send_count: z.number(),
    created_at: z.iso.datetime({ offset: true }),
  })
  .transform(
    ({ id, status, recipient, template_type, send_count, created_at }): CourierMessage => ({
      id,
      status,
      recipient,
      templateType: template_type,
      sendCount: send_count,
      createdAt: Date.parse(created_at),
    }),
  )

/** The token of the next page in a `Link` header such as `</admin/courier/messages?page_token=T>; rel="next"`. */
function nextToken(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="next"/.exec(link ?? '')?.[1]
  return target && (URL.parse(target, 'http://localhost')?.searchParams.get('page_token') ?? undefined)
}
