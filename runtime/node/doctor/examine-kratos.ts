import type { Config } from '../../../lib/config.ts'
import { type Finding, judgeOf } from '../../../lib/doctor/finding.ts'
import { judgeClock } from '../../../lib/doctor/judge-clock.ts'
import {
  judgeBaseUrl,
  judgeCourier,
  judgeSchemas,
  kratosConfigUnread,
} from '../../../lib/doctor/judge-kratos.ts'
import { judgeKratosConfig } from '../../../lib/doctor/judge-kratos-config.ts'
import { judgeOryVersion, judgeReady } from '../../../lib/doctor/judge-ory.ts'
import { type Settings, textAt } from '../../../lib/doctor/settings.ts'
import { listCourierMessages } from '../../../lib/ory/kratos-courier.ts'
import { type Asked, answeredText, ask, readiness } from './ask.ts'

const { skipped, warn } = judgeOf('kratos')
const OLDEST = '1.1'
/** HTTP dates are cut to the second. */
const DATE_EXACT_TO_MS = 1000

/** Kratos through both of its APIs, and through its own settings where they are given. */
export async function* examineKratos(
  config: Config,
  settings: Settings | undefined,
): AsyncGenerator<Finding> {
  const { kratos } = config
  const get = (url: string) => ask(url, kratos.timeoutMs, { headers: { accept: 'application/json' } })
  const [ready, adminReady] = await Promise.all([
    get(`${kratos.url}/health/ready`),
    get(`${kratos.adminUrl}/admin/health/ready`),
  ])
  yield judgeReady('kratos', 'public', 'kratos.url', readiness(ready))
  yield judgeReady('kratos', 'admin', 'kratos.adminUrl', readiness(adminReady))
  yield* clockOf(ready)

  if (ready.kind === 'answer') {
    const flow = await get(`${kratos.url}/self-service/login/api`)
    yield judgeBaseUrl(answeredText(flow, 'ui.action'), config)
    yield* await examineSchemas(config, get)
  }
  if (adminReady.kind === 'answer') {
    const version = await get(`${kratos.adminUrl}/admin/version`)
    yield judgeOryVersion('kratos', answeredText(version, 'version'), OLDEST)
    yield* await examineCourier(config)
  }
  yield* settings ? judgeKratosConfig(settings, config) : [kratosConfigUnread()]
}

function clockOf(ready: Asked): Finding[] {
  if (ready.kind !== 'answer' || ready.dateMs === undefined) return []
  const skewMs = Date.now() - ready.dateMs - DATE_EXACT_TO_MS / 2
  return [judgeClock('kratos', { skewMs, of: 'Kratos', exactToMs: DATE_EXACT_TO_MS })]
}

async function examineSchemas({ kratos }: Config, get: (url: string) => Promise<Asked>): Promise<Finding[]> {
  const schemas = await get(`${kratos.url}/schemas?page_size=500`)
  if (schemas.kind !== 'answer' || !Array.isArray(schemas.body)) {
    return [skipped('schema', 'Kratos does not show its identity schemas')]
  }
  const entries = schemas.body.map((one): [string, unknown] => [
    textAt(one, 'id') ?? '',
    (one as { schema?: unknown })?.schema,
  ])
  return [judgeSchemas(Object.fromEntries(entries), kratos)]
}

async function examineCourier({ kratos }: Config): Promise<Finding[]> {
  const list = (status: 'abandoned' | 'queued') =>
    listCourierMessages({ adminUrl: kratos.adminUrl, status, timeoutMs: 2 * kratos.timeoutMs })
  const [abandoned, queued] = await Promise.all([list('abandoned'), list('queued')])
  if (abandoned.kind === 'unavailable' || queued.kind === 'unavailable') {
    return [warn('abandoned', 'the courier of Kratos does not list its mails', 'see its log')]
  }
  const { messages, complete } = abandoned
  return judgeCourier({ abandoned: messages, queued: queued.messages, complete }, Date.now())
}
