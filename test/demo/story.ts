import { decodeJwt } from 'jose'
import type { LoopTokenClaims } from '../../lib/auth/loop-token.ts'
import { insist } from './insist.ts'
import type { Narrator } from './narrator.ts'
import { tellPurchase } from './purchase.ts'
import { shortToken } from './shorten.ts'
import type { Stage } from './stage.ts'
import { type Answer, createVisitor, type Visitor } from './visitor.ts'

const IDENTITY = '/authlance/identity'
const API = `${IDENTITY}/api/v1`
const PASSWORD = 'analytical engine no 1'
const FIRST_EVENTS = ['user.created', 'group.created', 'subscription.created', 'user.authenticated']

/**
 * The main job from end to end: an account, a session, a loopToken, a tenant, its events, a plan, and an end that holds.
 * @throws {Surprise} at the first thing that goes otherwise
 */
export async function tellStory(stage: Stage, narrator: Narrator): Promise<void> {
  const { url, events } = stage
  const run = Date.now().toString(36)
  const email = `ada-${run}@example.com`

  narrator.chapter('Register at Kratos, through the product')
  await register(createVisitor(url, narrator), email, { first: 'Ada', last: 'Lovelace' })
  narrator.proven('the account is made')

  narrator.chapter('Sign in with another browser')
  const ada = createVisitor(url, narrator)
  const sid = await signIn(ada, email)
  narrator.proven('Kratos knows who this is')

  narrator.chapter('Exchange the session for a loopToken')
  const first = await exchange(ada, sid)
  const { claims, token } = first
  for (const [name, value] of shownClaims(claims)) narrator.shown(name, value)
  insist(claims.sid === sid, 'the token names another session')
  insist(claims.user.email === email, 'the token names another address')
  insist(claims.user.groups.length === 1, 'the first exchange made no group')
  narrator.proven('one exchange made the user, its group and its subscription')

  narrator.chapter('Read what the group is')
  const group = claims.user.groups[0]!
  await read(ada, claims.sub, group)
  narrator.proven(`the cookie alone opens ${group}`)

  narrator.chapter('Keep a neighbour out')
  const bob = createVisitor(url, narrator)
  await exchange(bob, await register(bob, `bob-${run}@example.com`, { first: 'Bob', last: 'Wilkes' }))
  const foreign = await bob.get(`${API}/realm/group/${group}`, { expect: 404 })
  const absent = await bob.get(`${API}/realm/group/no-such-group`, { expect: 404 })
  insist(foreign.body.detail === absent.body.detail, "somebody else's group is told from an absent one")
  narrator.proven(`to others ${group} looks like a group that does not exist`)

  narrator.chapter('Hear what the others were told')
  const about = { identity: claims.sub, group }
  const told = await events(about, FIRST_EVENTS)
  if (told) {
    for (const { subject, seq, id } of told) narrator.shown(subject, `no. ${seq}, id ${id}`)
    insist(told.length === FIRST_EVENTS.length, `${told.length} events were told, not ${FIRST_EVENTS.length}`)
    narrator.proven('each event was told once')
  } else {
    narrator.proven('left out: this product tells its events to a bus that the demo does not read')
  }

  narrator.chapter('Renew the token')
  const second = await exchange(ada, sid)
  insist(second.claims.jti !== claims.jti, 'the renewed token is the old one')
  insist(second.claims.sid === claims.sid, 'the renewed token belongs to another session')
  insist(second.claims.user.groups.join() === group, 'the renewal changed the groups')
  const toldNow = await events(about, FIRST_EVENTS)
  insist(toldNow?.length === told?.length, 'the renewal told another event')
  narrator.proven('a new token for the same session: nothing was made anew or told again')

  await tellPurchase(stage, narrator, {
    visitor: ada,
    identity: claims.sub,
    email,
    rival: bob,
    renew: async () => (await exchange(ada, sid)).claims.user,
  })

  narrator.chapter('Sign out')
  const lastCookies = ada.cookie()
  await signOut(ada)
  narrator.proven('the session is over, and the cookie is gone')

  narrator.chapter('Prove that nothing of it works any more')
  await proveDead(createVisitor(url, narrator), { tokens: [token, second.token], cookies: lastCookies, sid })
  narrator.proven('both tokens are dead, though neither has expired, and the session buys no other')
}

/** @returns the id of the session that a registration opens */
async function register(
  visitor: Visitor,
  email: string,
  name: { first: string; last: string },
): Promise<string> {
  const flow = await visitor.get(`${IDENTITY}/self-service/registration/browser`, { show: flowOnly })
  const path = `${IDENTITY}/self-service/registration?flow=${flow.body.id}`
  const body = { method: 'password', traits: { email, name }, password: PASSWORD, csrf_token: csrfOf(flow) }
  const { body: made } = await visitor.post(path, body, { show: sessionOnly })
  insist(made.identity?.traits?.email === email, 'Kratos made another identity')
  return made.session.id
}

async function signIn(visitor: Visitor, email: string): Promise<string> {
  const flow = await visitor.get(`${IDENTITY}/self-service/login/browser`, { show: flowOnly })
  const path = `${IDENTITY}/self-service/login?flow=${flow.body.id}`
  const body = { method: 'password', identifier: email, password: PASSWORD, csrf_token: csrfOf(flow) }
  await visitor.post(path, body, { show: sessionOnly })
  const whoami = await visitor.get(`${IDENTITY}/sessions/whoami`, {
    show: ({ id, active, identity }) => ({ id, active, email: identity.traits.email }),
  })
  return whoami.body.id
}

async function exchange(
  visitor: Visitor,
  session: string,
): Promise<{ token: string; claims: LoopTokenClaims }> {
  const { body } = await visitor.post(
    `${IDENTITY}/me`,
    { session },
    { show: ({ token }) => ({ loopToken: shortToken(token) }) },
  )
  return { token: body.token, claims: decodeJwt<LoopTokenClaims>(body.token) }
}

function shownClaims({ iss, sub, sid, iat, exp, user }: LoopTokenClaims): [string, string][] {
  const roles = user.groupRoles.map(({ group, role }) => `${role} of ${group}`)
  return [
    ['iss', iss],
    ['sub', sub],
    ['sid', sid],
    ['exp', `in ${exp - iat} s`],
    ['user.email', `${user.email}${user.verified ? '' : ' (not verified)'}`],
    ['user.groups', user.groups.join(', ')],
    ['groupRoles', roles.join(', ')],
  ]
}

async function read(visitor: Visitor, identity: string, group: string): Promise<void> {
  const names = (list: { name: string }[]) => list.map(({ name }) => name)
  const groups = await visitor.get(`${API}/profile/my-groups/${identity}`, { show: names })
  insist(names(groups.body).includes(group), 'the group of the token is not among the groups')
  await visitor.get(`${API}/profile/my-group/roles/${identity}/1`)
  await visitor.get(`${API}/realm/group/${group}`, { show: ({ name, longName }) => ({ name, longName }) })
  const members = await visitor.get(`${API}/realm/group/${group}/members`, {
    show: (list: { email: string }[]) => list.map((member) => member.email),
  })
  insist(members.body.length === 1 && members.body[0].identity === identity, 'the group has other members')
  await visitor.get(`${API}/subscriptions/tiers`, {
    show: (list: { tierName: string; price: number }[]) =>
      list.map(({ tierName, price }) => ({ tierName, price })),
  })
}

async function signOut(visitor: Visitor): Promise<void> {
  const { body } = await visitor.get(`${IDENTITY}/self-service/logout/browser`, {
    show: () => ({ logout_token: '' }),
  })
  const path = `${IDENTITY}/self-service/logout?token=${body.logout_token}`
  const { cookies } = await visitor.get(path, { expect: 204 })
  insist(cookies.includes('−loopToken'), 'the loopToken cookie stayed')
}

async function proveDead(
  stranger: Visitor,
  { tokens, cookies, sid }: { tokens: string[]; cookies: string; sid: string },
): Promise<void> {
  for (const token of tokens) {
    await stranger.get(`${API}/profile/my-groups/me`, {
      headers: { authorization: `Bearer ${token}` },
      expect: 401,
    })
  }
  await stranger.post(`${IDENTITY}/me`, { session: sid }, { headers: { cookie: cookies }, expect: 401 })
}

function flowOnly({ id }: { id: string }): unknown {
  return { flow: id }
}

function sessionOnly({
  session,
}: {
  session: { id: string; identity: { traits: { email: string } } }
}): unknown {
  return { session: session.id, email: session.identity.traits.email }
}

function csrfOf({ body }: Answer): string {
  const nodes: { attributes: { name: string; value: string } }[] = body?.ui?.nodes ?? []
  const csrf = nodes.find(({ attributes }) => attributes.name === 'csrf_token')
  insist(csrf !== undefined, 'the flow has no anti-CSRF token')
  return csrf.attributes.value
}
