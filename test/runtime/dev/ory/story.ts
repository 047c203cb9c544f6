import type { Answer, Person, Send, SendOptions } from './recorder.ts'
import type { Target } from './target.ts'

/** What a scripted story may use. */
export interface StoryTools {
  person(): Person
  admin: Send
  target: Target
}

/** A script that drives Kratos; the same requests go to each target, and the recordings are compared. */
export interface Story {
  name: string
  run(tools: StoryTools): Promise<void>
}

export const password = 'correct horse battery staple'

/** The value that the flow's form holds for the anti-CSRF token. */
export function csrfOf(flow: Answer): string {
  return nodeValue(flow, 'csrf_token')
}

export function nodeValue(flow: Answer, name: string): string {
  for (const node of flow.body.ui.nodes) if (node.attributes.name === name) return node.attributes.value
  throw new Error(`no node ${name} in ${JSON.stringify(flow.body)}`)
}

/** Registers by a browser flow with JSON, in the single request that skips the first screen. */
export async function register(person: Person, email: string, options: SendOptions = {}): Promise<Answer> {
  const flow = await person.send('GET', '/self-service/registration/browser')
  return person.send('POST', flow.body.ui.action, {
    json: {
      method: 'password',
      password,
      traits: { email, name: { first: 'Ada', last: 'Byron' } },
      csrf_token: csrfOf(flow),
    },
    ...options,
  })
}

/** Signs in by a browser flow with JSON. */
export async function login(
  person: Person,
  identifier: string,
  secret = password,
  query = '',
): Promise<Answer> {
  const flow = await person.send('GET', `/self-service/login/browser${query}`)
  return person.send('POST', flow.body.ui.action, {
    json: { method: 'password', password: secret, identifier, csrf_token: csrfOf(flow) },
  })
}
