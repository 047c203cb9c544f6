import type { TokenUser as User } from '../../../lib/auth/loop-token.ts'
import { type Group, loadMembers, type Tier } from './account.ts'
import { byId, element } from './dom.ts'

/** Shows who is signed in, and fills the profile form. */
export function showPerson(user: User): void {
  byId('person-title').textContent = nameOf(user)
  byId('person-email').textContent = user.email
  byId('person-initials').textContent = initialsOf(user)
  byId('person-badges').replaceChildren(
    user.verified ? badge('address verified') : badge('address not verified', 'warm'),
    ...user.roles.map((role) => badge(role)),
    ...(user.state === 'active' ? [] : [badge(user.state, 'warm')]),
  )
  byId<HTMLInputElement>('pr-first').value = user.firstName
  byId<HTMLInputElement>('pr-last').value = user.lastName
  byId<HTMLInputElement>('pr-birth').value = user.birthDate?.slice(0, 10) ?? ''
  byId<HTMLSelectElement>('pr-gender').value = user.gender ?? ''
}

/** Shows the groups with their members. */
export async function showGroups(user: User, groups: Group[]): Promise<void> {
  const members = await Promise.all(groups.map(loadMembers))
  byId('group-list').replaceChildren(
    ...groups.map((group, index) => groupItem(group, members[index]!, user)),
    ...(groups.length ? [] : [element('li', { class: 'muted' }, 'You are in no group.')]),
  )
}

/** Shows the plans that a group can be on. */
export function showTiers(tiers: Tier[]): void {
  byId('tier-list').replaceChildren(...tiers.map(tierItem))
}

function groupItem({ name, longName }: Group, members: User[], user: User): HTMLElement {
  const roles = user.groupRoles
    .filter(({ group }) => group === name)
    .map(({ role }) => badge(role, '', 'span'))
  const people = members.map(nameOf).join(', ')
  const count = members.length === 1 ? '1 member' : `${members.length} members`
  return element(
    'li',
    {},
    element('div', { class: 'name' }, longName, element('span', { class: 'slug' }, name), ...roles),
    element('p', { class: 'muted small' }, people ? `${count}: ${people}` : count),
  )
}

function tierItem({ tierName, price, billingCycle, tierDescription }: Tier): HTMLElement {
  const cost = [price, billingCycle].filter(Boolean).join(' ')
  return element(
    'li',
    {},
    element('div', { class: 'name' }, tierName, element('span', { class: 'slug' }, cost)),
    element('p', { class: 'muted small' }, tierDescription ?? ''),
  )
}

function badge(text: string, style = '', tag: 'li' | 'span' = 'li'): HTMLElement {
  return element(tag, { class: `badge ${style}`.trim() }, text)
}

function nameOf({ firstName, lastName, email }: User): string {
  return [firstName, lastName].filter(Boolean).join(' ') || email
}

function initialsOf(user: User): string {
  const words = nameOf(user).split(' ').filter(Boolean)
  const letters = words.map((word) => [...word][0]!)
  return [letters[0], letters.length > 1 ? letters.at(-1) : ''].join('').toUpperCase()
}
