import * as z from 'zod'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** Turns zod schemas into JSON Schema and gathers the named ones (`.meta({ id })`) for `components/schemas`. */
export interface SchemaStore {
  /** What a client may send. */
  input(schema: z.ZodType): JsonSchema
  /** What we answer; fields may be added to answers later, so objects stay open. */
  output(schema: z.ZodType): JsonSchema
  /** The named schemas so far, in the order of their names. */
  components(): Record<string, JsonSchema>
}

export function createSchemaStore(): SchemaStore {
  const named = new Map<string, string>()

  function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs = {},
      ...own
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => tidy(jsonSchema, io, convert),
    })
    for (const [id, definition] of Object.entries($defs)) name(id, JSON.stringify(pointed(definition)))
    return pointed(own)
  }

  function name(id: string, text: string): void {
    const known = named.get(id)
    if (known !== undefined && known !== text) {
      throw new Error(
        `Two schemas are named ${id}; one that differs between request and answer needs two names`,
      )
    }
    named.set(id, text)
  }

  return {
    input: (schema) => convert(schema, 'input'),
    output: (schema) => convert(schema, 'output'),
    components: () =>
      Object.fromEntries([...named.keys()].sort().map((id) => [id, JSON.parse(named.get(id)!)])),
  }
}

/** Takes out what says nothing to a reader, and puts in what zod does not know of. */
function tidy(
  jsonSchema: JsonSchema,
  io: 'input' | 'output',
  convert: (schema: z.ZodType, io: 'input' | 'output') => JsonSchema,
): void {
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  if (jsonSchema['contentSchema'] instanceof z.ZodType) {
    jsonSchema['contentSchema'] = convert(jsonSchema['contentSchema'], io)
  }
}

/** Named schemas stand in the document's components, not in each schema's own definitions. */
function pointed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'))
}
