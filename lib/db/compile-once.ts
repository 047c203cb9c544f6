import type { Compilable, CompiledQuery, Kysely } from 'kysely'
import { isSqlite } from './dialect.ts'
import type { Database } from './tables.ts'

/**
 * A query that is built and compiled once for each dialect, for those that every request runs: building it anew costs more than
 * SQLite takes to answer it. Each argument must be a value of the statement, in order, and nothing else may be one.
 */
export function compileOnce<Args extends [unknown, ...unknown[]], Row>(
  build: (db: Kysely<Database>, ...args: Args) => Compilable<Row>,
): (db: Kysely<Database>, ...args: Args) => Promise<Row[]> {
  const compiled = new Map<boolean, CompiledQuery<Row>>()

  function compile(db: Kysely<Database>, args: Args): CompiledQuery<Row> {
    const query = build(db, ...args).compile()
    const { parameters } = query
    if (parameters.length !== args.length || args.some((value, index) => value !== parameters[index])) {
      throw new Error(`compileOnce: the arguments are not the values of ${query.sql}`)
    }
    compiled.set(isSqlite(db), query)
    return query
  }

  return async (db, ...args) => {
    const query = compiled.get(isSqlite(db)) ?? compile(db, args)
    const { rows } = await db.executeQuery<Row>({ ...query, parameters: args })
    return rows
  }
}
