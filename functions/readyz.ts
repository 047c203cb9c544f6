import { readinessOperation } from '../lib/health/readiness.ts'
import { route } from '../lib/http/route.ts'

/* For orchestrators: whether to send traffic here. */

export default route('/readyz', { GET: readinessOperation }, { listener: 'both' })
