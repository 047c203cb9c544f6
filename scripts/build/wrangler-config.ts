export interface WorkerDeployment {
  name: string
  /** Relative to the file. */
  main?: string
  /** Patterns with their host. */
  patterns?: string[]
  /** Why there is no pattern, and other things to know. */
  comment?: string
  services?: { binding: string; service: string }[]
  /** Directory of static files that the worker reads through its ASSETS binding. */
  assets?: string
  crons?: string[]
}

/** Workers run against the runtime of this day, here and at Cloudflare. */
export const COMPATIBILITY_DATE = '2026-07-01'

export const FLUSH_WORKER = 'authlance-flush'

/** A wrangler.toml for a bundle that is deployed as it is. A worker without patterns is reached by service binding alone. */
export function wranglerConfig({
  name,
  main = 'worker.js',
  patterns = [],
  comment,
  services = [],
  assets,
  crons = [],
}: WorkerDeployment): string {
  const blocks = [
    [
      '# Written by `npm run build`. CONFIG is a secret: wrangler secret put CONFIG --config <this file> < config.json',
      ...(comment ? comment.split('\n').map((line) => `# ${line}`) : []),
      `name = ${text(name)}`,
      `main = ${text(main)}`,
      `compatibility_date = ${text(COMPATIBILITY_DATE)}`,
      'no_bundle = true',
      'workers_dev = false',
      'preview_urls = false',
      ...(patterns.length ? [`routes = [${patterns.map(text).join(', ')}]`] : []),
    ],
    ['[observability]', 'enabled = true'],
    ...services.map(({ binding, service }) => [
      '[[services]]',
      `binding = ${text(binding)}`,
      `service = ${text(service)}`,
    ]),
    assets
      ? ['[assets]', `directory = ${text(assets)}`, 'binding = "ASSETS"', 'run_worker_first = true']
      : [],
    crons.length ? ['[triggers]', `crons = [${crons.map(text).join(', ')}]`] : [],
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

function text(value: string): string {
  return JSON.stringify(value)
}
