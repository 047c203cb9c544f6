import type * as z from 'zod'
import type { FieldMeta } from './fields.ts'

/** What one key of the configuration takes, as read from its zod schema. */
export interface Shape {
  kind: 'map' | 'list' | 'text' | 'number' | 'flag'
  meta: FieldMeta & { description?: string }
  /** False for a key with a default, too. */
  required: boolean
  default?: unknown
  keys?: Map<string, Shape>
  item?: Shape
  /** The only texts allowed. */
  choices?: string[]
}

type Def = z.core.$ZodTypeDef & {
  innerType?: z.ZodType
  in?: z.ZodType
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
  defaultValue?: unknown
  entries?: Record<string, string>
}

/** Reads the input side of a schema; the outermost metadata wins. */
export function shapeOf(schema: z.ZodType): Shape {
  const meta = schema.meta() ?? {}
  const def = schema.def as Def

  const shape = shapeOfDef(def)

  return { ...shape, meta: { ...shape.meta, ...meta } }
}

function shapeOfDef(def: Def): Shape {
  const leaf = { meta: {}, required: true }
  switch (def.type) {
    case 'optional':
      return { ...shapeOf(def.innerType!), required: false }
    case 'default':
    case 'prefault':
      return { ...shapeOf(def.innerType!), required: false, default: def.defaultValue }
    case 'pipe':
      return shapeOf(def.in!)
    case 'object':
      return { ...leaf, kind: 'map', keys: shapesOf(def.shape!) }
    case 'array':
      return { ...leaf, kind: 'list', item: shapeOf(def.element!) }
    case 'number':
      return { ...leaf, kind: 'number' }
    case 'boolean':
      return { ...leaf, kind: 'flag' }
    case 'enum':
      return { ...leaf, kind: 'text', choices: Object.values(def.entries!) }
    case 'string':
    case 'union':
      return { ...leaf, kind: 'text' }
    default:
      throw new TypeError(`The configuration has no use for the zod type ${def.type}`)
  }
}

function shapesOf(schemas: Record<string, z.ZodType>): Map<string, Shape> {
  return new Map(Object.entries(schemas).map(([key, schema]) => [key, shapeOf(schema)]))
}

export type Path = readonly PropertyKey[]

/** The shapes from the root down to a path, as far as the schema goes. */
export function shapesAlong(root: Shape, path: Path): Shape[] {
  const shapes = [root]
  for (const part of path) {
    const last = shapes.at(-1)!
    const next = typeof part === 'number' ? last.item : last.keys?.get(String(part))
    if (!next) break
    shapes.push(next)
  }
  return shapes
}

/** Writes a path as `users[0].email`. */
export function keyName(path: Path): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`
    return name === '' ? printable(String(part)) : `${name}.${printable(String(part))}`
  }, '')
}

function printable(part: string): string {
  return /^[\w-]{1,80}$/.test(part) ? part : JSON.stringify(part.slice(0, 80))
}
