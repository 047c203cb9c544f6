import * as z from 'zod'
import { within } from '../../../../lib/async/pause.ts'
import type { Env, ExecutionContext } from '../../../../lib/env.ts'
import { ApiError } from '../../../../lib/http/errors.ts'
import { operation } from '../../../../lib/http/operation.ts'
import { readBytes } from '../../../../lib/http/read-body.ts'
import { route } from '../../../../lib/http/route.ts'
import type { Trace } from '../../../../lib/http/trace.ts'
import { provisionUser } from '../../../../lib/identity/provision-user.ts'
import { type ParsedRegistration, parseRegistration } from '../../../../lib/identity/registration.ts'
import type { Log } from '../../../../lib/log.ts'

/*
 * Kratos calls this once it has made an identity, and the person who registers waits for it: what is not a 2xx fails a registration whose
 * identity exists. So whoever holds the credentials gets a 2xx, at once; what was not done here the first exchange does.
 *
 * Whether Kratos has such an identity is not checked: who knows the mail password could have tenants made for identities that do not
 * exist. Nobody can sign in as one, and a user who is there is never changed.
 */

/** Kratos' caller waits for the answer: what takes longer goes on without it. */
const ANSWER_MS = 30

const Outcome = z.object({
  state: z
    .enum(['provisioned', 'accepted'])
    .meta({ description: '`accepted`: under way, or left to the first exchange' }),
})

export default route(
  '/authlance/identity/email/register',
  {
    POST: operation({
      summary: 'Provision the user of an identity that Kratos has just made',
      description: 'The body is `{id, email, name}`, with a name of `{first, last}` or none.',
      tag: 'Internal',
      access: 'mailBasic',
      responses: { 200: Outcome, 202: Outcome },
      async handle({ request, env, ctx, trace, log }) {
        const registration = await readRegistration(request, env)
        if (registration.kind === 'malformed') {
          log.error({ members: registration.members }, 'registration hook not understood')
          return accepted()
        }

        const provisioning = provision(registration, env, ctx, trace, log)
        ctx.waitUntil(provisioning)
        const inTime = await within(ANSWER_MS, provisioning)
        return inTime && (await provisioning) ? { state: 'provisioned' } : accepted()
      },
    }),
  },
  { listener: 'internal' },
)

/** The content type is not looked at: a wrong one would fail a registration too. */
async function readRegistration(request: Request, { config }: Env): Promise<ParsedRegistration> {
  try {
    const bytes = await readBytes(request, config.limits.jsonBytes)
    return parseRegistration(new TextDecoder().decode(bytes))
  } catch (error) {
    if (error instanceof ApiError) return { kind: 'malformed', members: [error.code] }
    throw error
  }
}

/** Never throws. @returns whether the user is provisioned now */
async function provision(
  { identity, traits }: Extract<ParsedRegistration, { kind: 'registration' }>,
  env: Env,
  ctx: ExecutionContext,
  trace: Trace,
  log: Log,
): Promise<boolean> {
  try {
    const user = { identity, traits, fromKratos: false }
    if (await provisionUser(env, user, env.clock.now(), trace)) env.events.wake(ctx)
    return true
  } catch (error) {
    log.warn({ err: error, identity }, 'registered user not provisioned: the first exchange will do it')
    return false
  }
}

function accepted(): Response {
  return Response.json({ state: 'accepted' }, { status: 202 })
}
