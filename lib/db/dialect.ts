import {
  type ColumnDataType,
  type ColumnDefinitionBuilder,
  type CreateTableBuilder,
  type ExpressionBuilder,
  type Insertable,
  type InsertQueryBuilder,
  type InsertResult,
  type Kysely,
  type RawBuilder,
  type SelectQueryBuilder,
  SqliteAdapter,
  sql,
  type Transaction,
  type UpdateObject,
} from 'kysely'
import type { Database } from './tables.ts'

/* The few places where MySQL and SQLite differ. Nothing else in the product names a dialect. */

type AnyDb = Kysely<any>

export function isSqlite(db: AnyDb): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter
}

/**
 * Completes an insert so that it updates the row that already holds the unique `key`.
 * On MySQL this locks that row until the transaction ends, without the gap locks of a locking read.
 */
export function onDuplicate<T extends keyof Database & string>(
  db: Kysely<Database>,
  insert: InsertQueryBuilder<Database, T, InsertResult>,
  key: (keyof Database[T] & string)[],
  set: UpdateObject<Database, T, T> | ((eb: ExpressionBuilder<Database, T>) => UpdateObject<Database, T, T>),
): InsertQueryBuilder<Database, T, InsertResult> {
  if (isSqlite(db))
    return insert.onConflict((conflict) => conflict.columns(key as never).doUpdateSet(set as never))
  return insert.onDuplicateKeyUpdate(set as never)
}

/** Completes an insert so that a row that already exists stays as it is. */
export function orIgnore<T extends keyof Database & string>(
  db: Kysely<Database>,
  insert: InsertQueryBuilder<Database, T, InsertResult>,
): InsertQueryBuilder<Database, T, InsertResult> {
  return isSqlite(db) ? insert.orIgnore() : insert.ignore()
}

/** Inserts many rows: in one statement on MySQL, to cross the network once; one by one on SQLite, which keeps that statement ready. */
export async function insertAll<T extends keyof Database & string>(
  trx: Transaction<Database>,
  table: T,
  rows: Insertable<Database[T]>[],
): Promise<void> {
  if (!isSqlite(trx)) {
    await trx
      .insertInto(table)
      .values(rows as never)
      .execute()
    return
  }
  for (const row of rows) {
    await trx
      .insertInto(table)
      .values(row as never)
      .execute()
  }
}

/** Locks the selected rows until the transaction ends; SQLite has one writer and needs nothing. */
export function forUpdate<DB, TB extends keyof DB, O>(
  db: AnyDb,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> {
  return isSqlite(db) ? query : query.forUpdate()
}

/** Locks the selected rows and leaves out those that another transaction holds. */
export function forUpdateSkipLocked<DB, TB extends keyof DB, O>(
  db: AnyDb,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> {
  return isSqlite(db) ? query : query.forUpdate().skipLocked()
}

/**
 * The table, to be read by one of its indexes whatever MySQL's optimizer would choose. SQLite needs no such advice.
 * Takes the place of the name in `selectFrom`.
 */
export function byIndex<T extends keyof Database & string>(db: AnyDb, table: T, index: string): T {
  if (isSqlite(db)) return table
  const advised = sql.table(table).as<T>(sql`${sql.table(table)} force index (${sql.ref(index)})`)
  return advised as unknown as T
}

/** A table whose text compares byte by byte, as SQLite's does. */
export function createTable<T extends string>(db: AnyDb, name: T): CreateTableBuilder<T, never> {
  const builder = db.schema.createTable(name).ifNotExists() as CreateTableBuilder<T, never>
  return isSqlite(db)
    ? builder
    : builder.modifyEnd(sql`engine=InnoDB character set utf8mb4 collate utf8mb4_bin`)
}

/** Column type and modifiers of a numeric primary key that counts up and is never used twice. */
export function autoId(
  db: AnyDb,
): [type: 'integer' | 'bigint', build: (c: ColumnDefinitionBuilder) => ColumnDefinitionBuilder] {
  return [isSqlite(db) ? 'integer' : 'bigint', (column) => column.primaryKey().autoIncrement()]
}

/** Text without a length limit that matters: 16 MiB on MySQL. */
export function longText(db: AnyDb) {
  return isSqlite(db) ? sql`text` : sql`mediumtext`
}

type Column = [
  name: string,
  type: ColumnDataType,
  build?: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder,
]

/**
 * Adds columns to a table, all or none; those that are there already stay. One statement on MySQL, whose answer 1060
 * (they are there) counts as done.
 */
export async function addColumns(db: AnyDb, table: string, columns: Column[]): Promise<void> {
  if (isSqlite(db)) {
    await db.transaction().execute(async (trx) => {
      const present = await sqliteColumns(trx, table)
      for (const column of columns) {
        if (!present.has(column[0]))
          await trx.schema
            .alterTable(table)
            .addColumn(...column)
            .execute()
      }
    })
    return
  }
  const [first, ...others] = columns
  let statement = db.schema.alterTable(table).addColumn(...first!)
  for (const column of others) statement = statement.addColumn(...column)
  await unlessAnswered(1060, () => statement.execute())
}

/** Lets a column hold nulls. SQLite cannot change one: there it is made anew, with the index that it stands in. */
export async function dropNotNull(
  db: AnyDb,
  { table, column, type, index }: { table: string; column: string; type: RawBuilder<unknown>; index: string },
): Promise<void> {
  const [tableName, name, former] = [sql.table(table), sql.ref(column), sql.ref(`former_${column}`)]
  if (!isSqlite(db)) {
    await sql`alter table ${tableName} modify ${name} ${type} null`.execute(db)
    return
  }
  await db.transaction().execute(async (trx) => {
    if (!(await sqliteColumns(trx, table)).get(column)?.notnull) return
    await trx.schema.dropIndex(index).execute()
    await trx.schema.alterTable(table).renameColumn(column, `former_${column}`).execute()
    await sql`alter table ${tableName} add column ${name} ${type}`.execute(trx)
    await sql`update ${tableName} set ${name} = ${former}`.execute(trx)
    await trx.schema.alterTable(table).dropColumn(`former_${column}`).execute()
    await createIndex(trx, index, table, [column])
  })
}

async function sqliteColumns(db: AnyDb, table: string): Promise<Map<string, { notnull: number }>> {
  const found = await sql<{
    name: string
    notnull: number
  }>`select * from pragma_table_info(${table})`.execute(db)
  return new Map(found.rows.map((row) => [row.name, row]))
}

/** Adds an index unless it is there: MySQL knows no `IF NOT EXISTS` for indexes, so its answer 1061 counts as done. */
export async function createIndex(db: AnyDb, name: string, table: string, columns: string[]): Promise<void> {
  const builder = db.schema.createIndex(name).on(table).columns(columns)
  if (isSqlite(db)) return builder.ifNotExists().execute()
  await unlessAnswered(1061, () => builder.execute())
}

/** Takes one of MySQL's error numbers as the news that the work is done already. */
async function unlessAnswered(errno: number, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if ((error as { errno?: number }).errno !== errno) throw error
  }
}
