import { isObject } from './traits.ts'

export interface PatchOperation {
  op: string
  path: string
  value?: unknown
}

/** Why a patch could not be applied. */
export class PatchFailure extends Error {}

/**
 * Applies a JSON Patch (RFC 6902) of `add`, `replace`, `remove` and `test` to a copy. As in Kratos, `replace` makes
 * what is not there.
 * @throws PatchFailure
 */
export function applyPatch(
  document: Record<string, unknown>,
  patch: PatchOperation[],
): Record<string, unknown> {
  const result = structuredClone(document)
  for (const operation of patch) applyOne(result, operation)
  return result
}

function applyOne(document: Record<string, unknown>, { op, path, value }: PatchOperation): void {
  const keys = path.split('/').slice(1).map(unescapeSegment)
  const last = keys.pop()
  const parent = keys.reduce<unknown>((node, key) => step(node, key), document)
  if (last === undefined || (!isObject(parent) && !Array.isArray(parent))) {
    throw new PatchFailure(`error in ${op} for path: '${path}': missing value`)
  }

  if (op === 'add' || op === 'replace') put(parent, last, value, op === 'add')
  else if (op === 'remove') remove(parent, last, path)
  else if (op === 'test') test(parent, last, value, path)
  else throw new PatchFailure(`Unexpected kind: ${op}`)
}

function put(parent: object, key: string, value: unknown, insert: boolean): void {
  if (!Array.isArray(parent)) {
    Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true })
    return
  }
  const index = key === '-' ? parent.length : Number(key)
  parent.splice(index, insert ? 0 : 1, value)
}

function remove(parent: object, key: string, path: string): void {
  if (!Object.hasOwn(parent, key)) {
    throw new PatchFailure(
      `error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`,
    )
  }
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete (parent as Record<string, unknown>)[key]
}

function test(parent: object, key: string, value: unknown, path: string): void {
  if (JSON.stringify(step(parent, key)) !== JSON.stringify(value)) {
    throw new PatchFailure(`testing value ${path} failed: test failed`)
  }
}

function step(node: unknown, key: string): unknown {
  if (node === null || typeof node !== 'object' || !Object.hasOwn(node, key)) return undefined
  return (node as Record<string, unknown>)[key]
}

function unescapeSegment(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}
