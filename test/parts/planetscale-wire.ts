import type { FieldPacket, QueryError, ResultSetHeader } from 'mysql2'

/** A query's result as PlanetScale's HTTP API writes it: numbers as strings, row values in one base64 string. */
export interface WireResult {
  fields?: Array<{ name: string; type: string; table?: string; charset: number; flags: number }>
  rows?: Array<{ lengths: string[]; values: string }>
  rowsAffected?: string
  insertId?: string
}

export interface WireError {
  code: string
  message: string
}

const BINARY_CHARSET = 63
const UTF8_CHARSET = 255
const UNSIGNED_FLAG = 32
const ENUM_FLAG = 256
const SET_FLAG = 2048

/** Vitess's names for MySQL's column types; integers get `U` before them when unsigned. */
const TYPE_NAMES: Record<number, string> = {
  0: 'DECIMAL',
  1: 'INT8',
  2: 'INT16',
  3: 'INT32',
  4: 'FLOAT32',
  5: 'FLOAT64',
  6: 'NULL_TYPE',
  7: 'TIMESTAMP',
  8: 'INT64',
  9: 'INT24',
  10: 'DATE',
  11: 'TIME',
  12: 'DATETIME',
  13: 'YEAR',
  16: 'BIT',
  245: 'JSON',
  246: 'DECIMAL',
  255: 'GEOMETRY',
}

/** Writes rows read as arrays of buffers. */
export function wireRows(fields: FieldPacket[], rows: Array<Array<Buffer | null>>): WireResult {
  return {
    fields: fields.map((field) => ({
      name: field.name,
      type: typeName(field),
      table: field.table || undefined,
      charset: field.characterSet === BINARY_CHARSET ? BINARY_CHARSET : UTF8_CHARSET,
      flags: Number(field.flags),
    })),
    rows: rows.map((row) => ({
      lengths: row.map((value) => String(value === null ? -1 : value.length)),
      values: Buffer.concat(row.filter((value) => value !== null)).toString('base64'),
    })),
  }
}

export function wireChange({ affectedRows, insertId }: ResultSetHeader): WireResult {
  return {
    ...(affectedRows ? { rowsAffected: String(affectedRows) } : {}),
    ...(insertId ? { insertId: String(insertId) } : {}),
  }
}

/** Words a database error as Vitess does: the errno and SQL state stand in the message, the code is gRPC's. */
export function wireError(error: QueryError, dbname: string): WireError {
  const code = error.errno && !error.fatal ? (GRPC_CODES[error.errno] ?? 'UNKNOWN') : 'UNAVAILABLE'
  const suffix = error.sqlState ? ` (errno ${error.errno}) (sqlstate ${error.sqlState})` : ''
  return vitessError(code, `${error.message}${suffix}`, dbname)
}

/** Tells that a transaction is gone, as Vitess does after its time limit. */
export function wireAborted(description: string, dbname: string): WireError {
  return vitessError('ABORTED', description, dbname)
}

function vitessError(code: string, description: string, dbname: string): WireError {
  const rpcError = `rpc error: code = ${grpcName(code)} desc = ${description}`
  return { code, message: `target: ${dbname}.-.primary: vttablet: ${rpcError}` }
}

/** How Vitess sorts the errors that a program may want to tell apart. */
const GRPC_CODES: Record<number, string> = {
  1007: 'ALREADY_EXISTS',
  1048: 'INVALID_ARGUMENT',
  1050: 'ALREADY_EXISTS',
  1054: 'NOT_FOUND',
  1062: 'ALREADY_EXISTS',
  1064: 'INVALID_ARGUMENT',
  1146: 'NOT_FOUND',
  1205: 'DEADLINE_EXCEEDED',
  1213: 'ABORTED',
  1264: 'INVALID_ARGUMENT',
  1366: 'INVALID_ARGUMENT',
  1406: 'INVALID_ARGUMENT',
  1451: 'FAILED_PRECONDITION',
  1452: 'FAILED_PRECONDITION',
}

function grpcName(code: string): string {
  return code
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')
}

function typeName(field: FieldPacket): string {
  const type = field.columnType ?? 253
  const flags = Number(field.flags)
  const binary = field.characterSet === BINARY_CHARSET
  if (field.extendedFormat === 'json') return 'JSON'
  if (flags & ENUM_FLAG) return 'ENUM'
  if (flags & SET_FLAG) return 'SET'
  if (type >= 249 && type <= 252) return binary ? 'BLOB' : 'TEXT'
  if (type === 254) return binary ? 'BINARY' : 'CHAR'

  const name = TYPE_NAMES[type] ?? (binary ? 'VARBINARY' : 'VARCHAR')
  return flags & UNSIGNED_FLAG && name.startsWith('INT') ? `U${name}` : name
}
