import * as z from 'zod'
import type { Env } from '../env.ts'
import { operation } from '../http/operation.ts'

const Part = z.object({
  state: z.enum(['up', 'degraded', 'down']),
  latencyMs: z.number().optional(),
  detail: z.string().optional(),
})
const Report = z
  .object({ state: z.enum(['up', 'degraded', 'down']), parts: z.record(z.string(), Part) })
  .meta({ id: 'HealthReport' })

/** Readiness: 503 only when this replica cannot do its work; Ory and the bus being down leave it in service. */
export const readinessOperation = operation({
  summary: 'Whether this replica can do its work, part by part',
  tag: 'Health',
  access: 'public',
  responses: { 200: Report, 503: Report },
  async handle({ env }: { env: Env }) {
    const report = await env.health.check()
    return Response.json(report, { status: report.state === 'down' ? 503 : 200 })
  },
})
