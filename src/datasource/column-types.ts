import mysql from 'mysql2';
import type { FieldPacket, TypeCast } from 'mysql2/promise';

/**
 * The type of a column's values, as stored and as sent in JSON. NULL is null in all of them.
 * - `integer` (at most 32 bit, and YEAR), `double`: numbers
 * - `bigint`, `decimal`: strings with every digit
 * - `date`: `YYYY-MM-DD`; `datetime`: `YYYY-MM-DDTHH:MM:SS[.ffffff]`; `timestamp`: the same in UTC, with `Z`
 * - `time`: as the server writes it, `-838:59:59.000000` to `838:59:59.000000`
 * - `json`: its text
 * - `binary` (BINARY, BLOB, BIT, geometry and the like): base64
 * - `string`: everything else
 */
export type ColumnType =
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'double'
  | 'date'
  | 'time'
  | 'datetime'
  | 'timestamp'
  | 'json'
  | 'binary'
  | 'string';

export interface ResultColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** Values in the order of the columns. */
export type Row = readonly unknown[];

const { Types } = mysql;

const typesByNumber: ReadonlyMap<number | undefined, ColumnType> = new Map([
  ...numbers('integer', Types.TINY, Types.SHORT, Types.INT24, Types.LONG, Types.YEAR),
  ...numbers('bigint', Types.LONGLONG),
  ...numbers('decimal', Types.DECIMAL, Types.NEWDECIMAL),
  ...numbers('double', Types.FLOAT, Types.DOUBLE),
  ...numbers('date', Types.DATE, Types.NEWDATE),
  ...numbers('time', Types.TIME),
  ...numbers('datetime', Types.DATETIME),
  ...numbers('timestamp', Types.TIMESTAMP),
  ...numbers('json', Types.JSON),
  ...numbers('binary', Types.BIT, Types.GEOMETRY, Types.VECTOR),
  ...numbers('string', Types.NULL),
]);

function numbers(type: ColumnType, ...all: readonly number[]): readonly (readonly [number, ColumnType])[] {
  return all.map((number) => [number, type]);
}

/** The character set `binary`: used for bytes and for everything else that is not text. */
const BINARY = 63;

/** In MariaDB, JSON is text that only the extended metadata distinguish. mysql2's types lack this field. */
type ExtendedField = FieldPacket & { readonly extendedFormat?: string };

/** @param utc whether the session's time zone is UTC; if not, a TIMESTAMP is sent without its zone, as a `datetime` */
export function resultColumns(fields: readonly FieldPacket[], utc = true): readonly ResultColumn[] {
  return fields.map((field) => {
    const type = typeOf(field);
    return { name: field.name, type: type === 'timestamp' && !utc ? 'datetime' : type };
  });
}

function typeOf({ columnType, characterSet, extendedFormat }: ExtendedField): ColumnType {
  if (extendedFormat === 'json') return 'json';
  return typesByNumber.get(columnType) ?? (characterSet === BINARY ? 'binary' : 'string');
}

/** What a column's values are to a model: everything that counts is a number, and BIT as well. */
export function valueKind(field: ExtendedField): 'number' | 'text' | 'binary' {
  if (field.columnType === Types.BIT) return 'number';
  const type = typeOf(field);
  if (type === 'binary') return 'binary';
  return type === 'string' || type === 'json' ? 'text' : 'number';
}

/** For queries whose rows `sentValues` reads: by itself, mysql2 rounds doubles of 16 digits and decodes geometry and vectors. */
export const asWritten: TypeCast = (field, next) => {
  switch (field.type as string) {
    case 'FLOAT':
    case 'DOUBLE':
      return field.string('latin1');
    case 'GEOMETRY':
    case 'VECTOR':
      return field.buffer();
    default:
      return next();
  }
};

/** Converts rows that a pool of `openPool` returned with `asWritten` to the values of `ColumnType`, in place. */
export function sentValues(columns: readonly ResultColumn[]): (row: unknown[]) => Row {
  const changes = columns.flatMap(({ type }, index) => {
    const change = changeOf[type];
    return change === undefined ? [] : [{ index, change }];
  });
  return (row) => {
    for (const { index, change } of changes) if (row[index] !== null) row[index] = change(row[index]);
    return row;
  };
}

const changeOf: Partial<Record<ColumnType, (value: unknown) => unknown>> = {
  double: Number,
  datetime: (value) => String(value).replace(' ', 'T'),
  timestamp: (value) => `${String(value).replace(' ', 'T')}Z`,
  binary: (value) => (Buffer.isBuffer(value) ? value.toString('base64') : value),
};
