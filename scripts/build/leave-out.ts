import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/** Parts of libraries that classes reach from their methods, so that tree shaking keeps them, and that no worker calls. */
const UNUSED: [part: string, path: RegExp][] = [
  ['schema builders: the edge never migrates', /\/kysely\/dist\/schema\/[\w-]+\.js$/],
  ['withSchema', /\/kysely\/dist\/plugin\/with-schema\/[\w-]+\.js$/],
  ['MERGE, which MySQL does not have', /\/kysely\/dist\/(query-builder|parser)\/merge[\w-]*\.js$/],
  ['introspection', /\/kysely\/dist\/dialect\/mysql\/mysql-introspector\.js$/],
  [
    'event notifications of Stripe, which are not asked for',
    /\/stripe\/esm\/StripeEventNotificationHandler\.js$/,
  ],
  ['redaction of log lines, which is not configured', /\/@pinojs\/redact\/index\.js$/],
  [
    'JSON Schema of zod types: the OpenAPI document is written beforehand',
    /\/zod\/v4\/core\/(to-json-schema|json-schema-processors)\.js$/,
  ],
]

/** Of Stripe's resources, those that a worker calls; the others are nine tenths of its client. */
const CALLED_AT_STRIPE =
  /\/resources\/(BillingPortal\/(index|Sessions)|Charges|Checkout\/(index|Sessions)|Customers|Events|InvoicePayments|Invoices|PaymentIntents|Prices|Subscriptions)\.js$/

const ABSENT = 'absent'

/** Replaces what workers never call by stand-ins that throw: a sixth of each worker. */
export const leaveOutUnused: Plugin = {
  name: 'leave-out-unused',
  setup(build) {
    for (const [part, filter] of UNUSED) {
      build.onLoad({ filter }, async ({ path }) => ({
        contents: standIn(await readFile(path, 'utf8'), part),
        loader: 'js',
      }))
    }
    build.onLoad({ filter: /\/stripe\/esm\/resources\/[\w/]+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      return { contents: CALLED_AT_STRIPE.test(path) ? source : uncalledResource(source), loader: 'js' }
    })
    build.onResolve({ filter: /^uncalled-resource$/ }, ({ path }) => ({ path, namespace: ABSENT }))
    build.onLoad({ filter: /^uncalled-resource$/, namespace: ABSENT }, () => ({
      contents: UNCALLED_RESOURCE,
    }))
    // nats.ws asks for it only where there is no Web Crypto.
    build.onResolve({ filter: /^crypto$/ }, ({ importer }) =>
      importer.includes('/nats.ws/') ? { path: 'crypto', namespace: ABSENT } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: ABSENT }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** A module with the same names, none of which can be used; functions give something that throws when it is used. */
function standIn(source: string, part: string): string {
  const leftOut = `const leftOut = () => { throw new Error(${JSON.stringify(`left out of this build: ${part}`)}) }`
  if (source.includes('module.exports')) return `${leftOut}\nmodule.exports = leftOut`
  const classes = [...source.matchAll(/^export class (\w+)/gm)].map(
    ([, name]) => `export class ${name} { constructor() { leftOut() } }`,
  )
  const functions = [...source.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(
    ([, name]) => `export const ${name} = () => leftOut`,
  )
  return [leftOut, ...classes, ...functions].join('\n')
}

/** The client makes one of every resource: that may not throw yet. */
const UNCALLED_RESOURCE = `export class Uncalled {
  constructor() {
    return new Proxy(this, { get() { throw new Error('left out of this build: a resource of Stripe') } })
  }
}`

function uncalledResource(source: string): string {
  const names = [...source.matchAll(/^export class (\w+)/gm)].map(([, name]) => `Uncalled as ${name}`)
  return `export { ${names.join(', ')} } from 'uncalled-resource'`
}
