export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each caller knows what it asked for
  body: any
}

/** Calls the product with this browser's cookies. A `json` value makes it a POST. */
export async function call(path: string, json?: unknown): Promise<Answer> {
  const response = await fetch(path, {
    headers: {
      accept: 'application/json',
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { method: 'POST', body: JSON.stringify(json) }),
  })
  const text = await response.text()
  return { status: response.status, body: readJson(text) }
}

/** The sentence that an error answer holds, whoever made it. */
export function sentenceOf({ status, body }: Answer): string {
  const error = body?.error
  return body?.detail ?? error?.reason ?? error?.message ?? `The answer was ${status}.`
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
