import { onTestFinished } from 'vitest'
import type { Kratos, WhoamiResult } from '../../lib/ory/kratos.ts'
import { ORIGIN } from './call.ts'
import { fakeSession } from './fake-session.ts'
import { createTestEnv, type TestEnv, type TestEnvOptions } from './test-env.ts'

export const PATH = '/authlance/identity/me'
export const SESSION = fakeSession()
/** With `COOKIE`, what a browser sends to exchange the session. */
export const BODY = { session: SESSION.id }
export const COOKIE = { cookie: 'ory_kratos_session=abc; loopToken=old', origin: ORIGIN }

/** Services for the running test alone, closed at its end. */
export async function open(options: TestEnvOptions): Promise<TestEnv> {
  const test = await createTestEnv(options)
  onTestFinished(() => test.close())
  return test
}

/** A Kratos that answers every `whoami` alike. */
export const answering = (answer: WhoamiResult): { kratos: Partial<Kratos> } => ({
  kratos: { whoami: async () => answer },
})
