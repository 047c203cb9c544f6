import { type Answer, call, sentenceOf } from './http.ts'

/*
 * Kratos' self-service flows as a single-page application uses them: begin a flow, send its form with the anti-CSRF
 * token, and read from the answer what comes next.
 */

const KRATOS = '/authlance/identity'

export type FlowKind = 'login' | 'registration' | 'recovery' | 'verification' | 'settings'

interface Message {
  text: string
  type: string
}

export interface Flow {
  id: string
  state: string
  ui: {
    nodes: { attributes: { name?: string; value?: string }; messages: Message[] }[]
    messages?: Message[]
  }
}

/** What was wrong with a form. */
export interface Problems {
  form?: string
  /** By the field's name. */
  fields: Record<string, string>
}

/** What came of sending a form. */
export type Outcome =
  // biome-ignore lint/suspicious/noExplicitAny: Kratos' answers are read loosely here
  | { kind: 'done'; body: any }
  | { kind: 'problems'; problems: Problems }
  /** The browser has to go on with another flow. */
  | { kind: 'moved'; flow: string }
  /** The flow has ended: begin anew. */
  | { kind: 'gone' }

export async function beginFlow(kind: FlowKind): Promise<Flow | Problems> {
  return flowOf(await call(`${KRATOS}/self-service/${kind}/browser`))
}

export async function findFlow(kind: FlowKind, id: string): Promise<Flow | Problems> {
  return flowOf(await call(`${KRATOS}/self-service/${kind}/flows?id=${encodeURIComponent(id)}`))
}

export function isFlow(value: Flow | Problems): value is Flow {
  return 'ui' in value
}

/** Sends a flow's form. @param values by the names that the form's nodes have; dots make objects */
export async function sendFlow(kind: FlowKind, flow: Flow, values: Record<string, string>): Promise<Outcome> {
  const csrf = flow.ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token')?.attributes.value
  const body = nested({ ...values, csrf_token: csrf ?? '' })
  const answer = await call(`${KRATOS}/self-service/${kind}?flow=${encodeURIComponent(flow.id)}`, body)

  if (answer.status === 422 && answer.body?.redirect_browser_to) {
    return { kind: 'moved', flow: new URL(answer.body.redirect_browser_to).searchParams.get('flow') ?? '' }
  }
  if ([403, 404, 410].includes(answer.status)) return { kind: 'gone' }
  const problems = answer.body?.ui && problemsOf(answer.body)
  if (problems) return { kind: 'problems', problems }
  if (answer.status >= 400) return { kind: 'problems', problems: failed(sentenceOf(answer)) }
  return { kind: 'done', body: answer.body }
}

export function whoami(): Promise<Answer> {
  return call(`${KRATOS}/sessions/whoami`)
}

/** Ends the session at Kratos; the product, through which the call goes, ends it too. */
export async function signOut(): Promise<void> {
  const { status, body } = await call(`${KRATOS}/self-service/logout/browser`)
  if (status === 200) {
    await call(`${KRATOS}/self-service/logout?token=${encodeURIComponent(body.logout_token)}`)
  } else {
    await call(`${KRATOS}/me/logout`)
  }
}

export function failed(sentence: string): Problems {
  return { form: sentence, fields: {} }
}

function flowOf(answer: Answer): Flow | Problems {
  return answer.status === 200 ? answer.body : failed(sentenceOf(answer))
}

function problemsOf({ ui }: Flow): Problems | undefined {
  const wrong = ({ type }: Message) => type === 'error'
  const form = ui.messages?.filter(wrong).map(({ text }) => text)
  const fields = ui.nodes.flatMap(({ attributes, messages }) =>
    messages.filter(wrong).map(({ text }) => [attributes.name ?? '', text] as const),
  )
  if (!form?.length && !fields.length) return undefined
  return { ...(form?.length && { form: form.join(' ') }), fields: Object.fromEntries(fields) }
}

/** `{"traits.name.first": "Ada"}` becomes `{traits: {name: {first: "Ada"}}}`; empty values are left out. */
function nested(values: Record<string, string>): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(values)) {
    if (value === '') continue
    const names = path.split('.')
    const last = names.pop()!
    let place = result
    for (const name of names) {
      place[name] ??= {}
      place = place[name] as Record<string, unknown>
    }
    place[last] = value
  }
  return result
}
