import { onTestFinished } from 'vitest'
import { type Nginx, startNginx } from './nginx.ts'
import { type Answer, type SentOptions, send } from './send.ts'
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts'

/** nginx with the image's configuration in front of a stub that records what reaches the service. */
export interface Front {
  nginx: Nginx
  service: StubUpstream
  send(target: string, options?: SentOptions): Promise<Answer>
  /** Ends both. */
  close(): Promise<void>
}

export async function startFront(env: Record<string, string> = {}): Promise<Front> {
  const service = await startStubUpstream()
  const nginx = await startNginx({ apiUrl: service.url, env })
  return {
    nginx,
    service,
    send: (target, options) => send(nginx.url, target, options),
    async close() {
      await nginx.stop()
      await service.close()
    },
  }
}

/** A front for the running test alone. */
export async function openFront(env?: Record<string, string>): Promise<Front> {
  const front = await startFront(env)
  onTestFinished(front.close)
  return front
}
