import * as z from 'zod'
import { type Upstream, type UpstreamFailure, upstreamJson } from './upstream-json.ts'

const PAGE_SIZE = 250
/** Kratos lists the latest sign-ins first, so that what is left out is old. */
const MAX_PAGES = 40

export type OtherSessionsResult =
  | { kind: 'sessions'; sids: string[] }
  | { kind: 'unauthenticated' }
  | UpstreamFailure

/**
 * The ids of the caller's live sessions but the one that the call comes from: those that `DELETE /sessions` ends.
 * @param url Kratos' public API
 * @param headers with the caller's credential
 */
export async function otherSessions(
  upstream: Upstream,
  url: string,
  headers: Record<string, string>,
): Promise<OtherSessionsResult> {
  const sids: string[] = []
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = `page=${page}&per_page=${PAGE_SIZE}`
    const answer = await upstreamJson(upstream, 'other_sessions', `${url}/sessions?${query}`, { headers })
    if (answer.kind === 'unavailable') return answer
    if (answer.status === 401) return { kind: 'unauthenticated' }

    const { status, body } = answer
    if (status !== 200) return { kind: 'unavailable', reason: 'status', status }
    const listed = SessionIds.safeParse(body)
    if (!listed.success) return { kind: 'unavailable', reason: 'body', status }
    sids.push(...listed.data.map(({ id }) => id))
    if (listed.data.length < PAGE_SIZE) break
  }
  return { kind: 'sessions', sids }
}

const SessionIds = z.array(z.object({ id: z.string().min(1).max(64) }))
