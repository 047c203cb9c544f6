import pc from 'picocolors'
import { ADMINISTRATOR } from './dev-config.ts'
import type { DevStack } from './dev-stack.ts'

export interface WelcomeOptions {
  stack: DevStack
  /** As the person would write them. */
  dataPath: string
  logFile: string
  colour: boolean
}

/** What a person sees once everything runs: where it is, how to get in, and what to do first. */
export function welcome({ stack, dataPath, logFile, colour }: WelcomeOptions): string {
  const { bold, cyan, dim, green } = pc.createColors(colour)
  const row = (label: string, value: string, note = '') =>
    `  ${dim(label.padEnd(15))}${value}${note && `  ${dim(note)}`}`
  const { email, password } = ADMINISTRATOR
  return [
    '',
    `  ${bold(green('ready'))}  ${bold(cyan(`${stack.url}/`))}`,
    '',
    row('page', `${stack.url}/`, 'sign up, buy a plan, read the mails, watch the events'),
    row('API', `${stack.url}/authlance/`, 'the product, and Kratos behind it'),
    row('internal', stack.internalUrl, 'metrics at /metrics'),
    row(stack.hydraUrl ? 'Ory Kratos' : 'Ory emulator', stack.kratosUrl, `admin API ${stack.kratosAdminUrl}`),
    ...(stack.hydraUrl ? [row('Ory Hydra', stack.hydraUrl, `admin API ${stack.hydraAdminUrl}`)] : []),
    row('Stripe', stack.stripeUrl, 'a stand-in: its checkout and portal pages, and its API'),
    row('data', `${dataPath}/`, 'kept until you start with --fresh'),
    row('log', logFile),
    '',
    row('administrator', `${bold(email)}  ${dim('password')}  ${bold(password)}`),
    '',
    `  ${bold('Try')}`,
    `    open ${stack.url}/ and sign up: the code to verify your address arrives on the page`,
    `    then choose a plan, start its trial at the checkout, and go to the first bill`,
    `    curl ${stack.url}/authlance/identity/api/v1/subscriptions/tiers`,
    `    curl ${stack.url}/readyz`,
    `    npm run demo -- --url ${stack.url}`,
    '',
    dim('  Ctrl-C stops everything.'),
    '',
  ].join('\n')
}
