import type { Message } from './messages.ts'

/** Messages for a flow's form; each names the field that it belongs to, or none. */
export class FlowFailure extends Error {
  readonly problems: { field: string; message: Message }[]

  constructor(problems: { field: string; message: Message }[]) {
    super('the form was not accepted')
    this.problems = problems
  }
}

export function failure(message: Message, field = ''): FlowFailure {
  return new FlowFailure([{ field, message }])
}
