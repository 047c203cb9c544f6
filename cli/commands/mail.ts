import { defineCommand } from 'citty'
import { list, resend, show } from './mail-kept.ts'
import { test } from './mail-test.ts'

export default defineCommand({
  meta: {
    name: 'mail',
    description: 'Look after the mails of Kratos on their way to NATS',
    examples: [
      'authlance mail list --since 1h',
      'authlance mail list --dead',
      'authlance mail test --to ada@example.com --template verification_code_valid',
    ],
  },
  subCommands: { list, show, resend, test },
})
