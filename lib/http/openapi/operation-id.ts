import type { Method } from '../operation.ts'

/** `POST /authlance/identity/me` is `authlanceIdentityMePost`: the names that generated clients know. */
export function operationId(method: Method, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter(Boolean)
  const id = words.map(capitalised).join('') + capitalised(method.toLowerCase())
  return id.charAt(0).toLowerCase() + id.slice(1)
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
