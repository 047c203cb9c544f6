import type { LoopTokenClaims } from '../../../lib/auth/loop-token.ts'
import { byId, element, timeOfDay } from './dom.ts'

let ticking: ReturnType<typeof setInterval> | undefined

/** Shows a loopToken: what is left of its life, what it says, and how it looks. */
export function showToken(token: string, claims: LoopTokenClaims): void {
  const { iss, sub, sid, jti, iat, exp, user } = claims
  byId('token-claims').replaceChildren(
    ...claim('Issuer', iss),
    ...claim('Subject', sub, 'mono'),
    ...claim('Session', sid, 'mono'),
    ...claim('Token id', jti, 'mono'),
    ...claim('Issued', timeOfDay(iat * 1000)),
    ...claim('Expires', timeOfDay(exp * 1000)),
    ...claim('Roles', user.roles.join(', ') || 'none beyond the group’s'),
    ...claim('Groups', user.groups.join(', ') || 'none'),
  )
  byId('token-json').textContent = JSON.stringify(claims, null, 2)
  byId('token-raw').replaceChildren(
    ...token.split('.').flatMap((part, index) => [index ? '.' : '', element('span', {}, part)]),
  )
  tick(claims)
  clearInterval(ticking)
  ticking = setInterval(() => tick(claims), 1000)
}

export function hideToken(): void {
  clearInterval(ticking)
  for (const id of ['token-claims', 'token-json', 'token-raw']) byId(id).replaceChildren()
}

function claim(name: string, value: string, style = ''): HTMLElement[] {
  return [element('dt', {}, name), element('dd', style ? { class: style } : {}, value)]
}

function tick({ iat, exp }: LoopTokenClaims): void {
  const leftSeconds = Math.max(0, Math.round(exp - Date.now() / 1000))
  const minutes = Math.floor(leftSeconds / 60)
  byId('token-life').textContent = leftSeconds
    ? `${minutes} min ${String(leftSeconds % 60).padStart(2, '0')} s left`
    : 'Expired: every service refuses it now. Renew it while the session lasts.'
  byId<HTMLProgressElement>('token-bar').value = leftSeconds / (exp - iat)
}
