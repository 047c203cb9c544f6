import {
  type ColumnDefinitionBuilder,
  type CreateTableBuilder,
  type ExpressionBuilder,
  type InsertQueryBuilder,
  type InsertResult,
  type Kysely,
  type SelectQueryBuilder,
  SqliteAdapter,
  sql,
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

/** Adds an index unless it is there: MySQL knows no `IF NOT EXISTS` for indexes, so its answer 1061 counts as done. */
export async function createIndex(db: AnyDb, name: string, table: string, columns: string[]): Promise<void> {
  const builder = db.schema.createIndex(name).on(table).columns(columns)
  if (isSqlite(db)) return builder.ifNotExists().execute()
  try {
    await builder.execute()
  } catch (error) {
    if ((error as { errno?: number }).errno !== 1061) throw error
  }
}
