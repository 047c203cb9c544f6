/** What a page can listen to: a kind, and data that becomes JSON. */
export interface LiveMessage {
  kind: string
  data: unknown
}

/** Server-sent events to every page that is open. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface LiveFeed {
  send(message: LiveMessage): void
  /** An answer that never ends by itself. @param first what the listener is told before all else */
  open(first: LiveMessage[]): Response
  /** Ends every answer. */
  close(): void
}

export function createLiveFeed(): LiveFeed {
  const listeners = new Set<ReadableStreamDefaultController<Uint8Array>>()
  let closed = false

  return {
    send(message) {
      for (const listener of listeners) listener.enqueue(frame(message))
    },
    open(first) {
      let own: ReadableStreamDefaultController<Uint8Array>
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          own = controller
          if (closed) return controller.close()
          listeners.add(controller)
          controller.enqueue(encode('retry: 1000\n\n'))
          for (const message of first) controller.enqueue(frame(message))
        },
        cancel: () => void listeners.delete(own),
      })
      return new Response(stream, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
    },
    close() {
      closed = true
      for (const listener of listeners) listener.close()
      listeners.clear()
    },
  }
}

function frame({ kind, data }: LiveMessage): Uint8Array {
  return encode(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`)
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
