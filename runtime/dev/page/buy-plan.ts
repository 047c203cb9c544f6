import type { TokenUser as User } from '../../../lib/auth/loop-token.ts'
import type { Group, Tier } from './account.ts'
import { checkName, openCheckout } from './billing.ts'
import { byId, element, show } from './dom.ts'
import { emptyForm, onSubmit } from './form.ts'
import { sentenceOf } from './http.ts'
import { failed, type Problems } from './kratos.ts'

const WAIT_MS = 300

let buyer: User | undefined
let typing: ReturnType<typeof setTimeout> | undefined

/** Makes the form work that leads to the checkout. */
export function prepareBuying(): void {
  const slug = byId<HTMLInputElement>('buy-slug')
  slug.addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(() => checkTyped(slug.value), WAIT_MS)
  })
  onSubmit(byId('buy-form'), buy)
}

/** @param free a group of the user's own that has no plan of its own yet */
export function showBuying(user: User, tiers: Tier[], free: Group | undefined): void {
  const isNew = buyer?.identity !== user.identity
  buyer = user
  show('buy-form', user.verified)
  show('buy-unverified', !user.verified)
  const tier = byId<HTMLSelectElement>('buy-tier')
  const chosen = tier.value
  tier.replaceChildren(...tiers.flatMap(optionsOf))
  if (chosen && !isNew) tier.value = chosen
  if (!isNew && byId<HTMLInputElement>('buy-slug').value) return
  byId<HTMLInputElement>('buy-name').value = free?.longName ?? ''
  byId<HTMLInputElement>('buy-slug').value = free?.name ?? ''
  hint(free ? `${free.name} is yours and has no plan yet; another name makes another group.` : '')
}

export function clearBuying(): void {
  buyer = undefined
  clearTimeout(typing)
  emptyForm(byId('buy-form'))
  hint('')
}

function optionsOf({ tierName, lookupKey = '', price, billingCycle, variants = [] }: Tier): HTMLElement[] {
  const words = (cost: number | undefined, cycle: string | undefined) => `${cost} USD ${cycle}`
  return [
    element('option', { value: lookupKey }, `${tierName}: ${words(price, billingCycle)}`),
    ...variants.map((variant) =>
      element(
        'option',
        { value: variant.lookupKey },
        `${tierName}, ${variant.label}: ${words(variant.price, variant.billingCycle)}`,
      ),
    ),
  ]
}

async function checkTyped(name: string): Promise<void> {
  const found = name ? await check(name) : { sentence: '' }
  if (byId<HTMLInputElement>('buy-slug').value === name) hint(found.sentence)
}

/** What there is to say of a name, and the proof of the check when it can be had. */
async function check(name: string): Promise<{ sentence: string; signature?: string }> {
  const answer = await checkName(buyer?.identity ?? '', name)
  if (answer.status !== 200) return { sentence: sentenceOf(answer) }
  const { available, signature } = answer.body
  return available
    ? { sentence: `${name} can be had.`, signature }
    : { sentence: `${name} is taken, or no name for a group.` }
}

async function buy(values: Record<string, string>): Promise<Problems | undefined> {
  const { lookupKey = '', longName = '', slug = '' } = values
  // Not the proof of what was typed: that lasts half an hour, and the form may have stood there for longer.
  const { sentence, signature } = await check(slug)
  if (signature === undefined) return { fields: { slug: sentence } }

  const answer = await openCheckout({
    lookupKey,
    organizationName: slug,
    organizationLongName: longName,
    signature,
  })
  if (answer.status !== 200) return failed(sentenceOf(answer))
  location.assign(answer.body.url)
  return undefined
}

function hint(text: string): void {
  byId('buy-hint').textContent = text
}
