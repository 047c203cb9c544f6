import { readinessOperation } from '../lib/health/readiness.ts'
import { route } from '../lib/http/route.ts'

/* The same as `/readyz`, under the name that older probes ask for. */

export default route('/healthz', { GET: readinessOperation }, { listener: 'both' })
