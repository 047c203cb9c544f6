import { type AgentOptions, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** Idle connections are given up before most servers do. */
const AGENT: AgentOptions = { keepAlive: true, timeout: 4000 }

/** A pool of connections that are kept. @returns what sends to a URL, and the agent to send with */
export function keepConnections() {
  const plain = { send: httpRequest, agent: new HttpAgent(AGENT) }
  const secure = { send: httpsRequest, agent: new HttpsAgent(AGENT) }
  return (url: string) => (url.startsWith('https:') ? secure : plain)
}
