import { isUuid } from './flow.ts'
import { kratosError } from './kratos-error.ts'

/** @throws 400 when a path names something by an id that is none */
export function requireUuid(text: string): void {
  if (isUuid(text)) return
  throw kratosError(400, {
    message: `uuid: incorrect UUID length ${text.length} in string ${JSON.stringify(text)}`,
  })
}
