import type { Config } from '../config.ts'

/** Whether the configured key is one of live mode or of test mode; undefined without a key, or for one of another form. */
export function stripeMode({ stripe }: Pick<Config, 'stripe'>): 'live' | 'test' | undefined {
  return /^[a-z]+_(live|test)_/.exec(stripe.secretKey ?? '')?.[1] as 'live' | 'test' | undefined
}
