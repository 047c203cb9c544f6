/** Currencies whose amounts Stripe gives in whole units, and in thousandths. @see https://docs.stripe.com/currencies */
const WHOLE = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))
const THOUSANDTHS = new Set('bhd jod kwd omr tnd'.split(' '))

/**
 * An amount in currency units, such as `29.00`. A currency that nobody knows has two decimals, as most have.
 * @param minor whole minor units
 * @param currency ISO 4217, in any case
 */
export function amountText(minor: number, currency: string): string {
  const decimals = decimalsOf(currency.toLowerCase())
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const sign = minor < 0 ? '-' : ''
  if (decimals === 0) return `${sign}${digits}`
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

function decimalsOf(currency: string): number {
  if (WHOLE.has(currency)) return 0
  return THOUSANDTHS.has(currency) ? 3 : 2
}
