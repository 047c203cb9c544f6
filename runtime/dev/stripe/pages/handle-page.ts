import type { createActions } from '../actions.ts'
import type { StandIn } from '../stand-in.ts'

export interface PageOptions {
  standIn: StandIn
  actions: ReturnType<typeof createActions>
  /** Lets happen what is due. */
  tick(): void
}

/** Answers what a browser asks for. */
export async function handlePage(_options: PageOptions, _request: Request, path: string): Promise<Response> {
  return new Response(`There is no page ${path}`, { status: 404, headers: { 'content-type': 'text/plain' } })
}
