import mysql from 'mysql2';
import type { FieldPacket } from 'mysql2/promise';
import { type ColumnType, resultColumns } from '../../datasource/column-types.ts';
import { MillraceError } from '../../errors.ts';

/** A column as the trainer reads it: numbers, or codes of a dictionary of texts. */
export interface TrainingColumn {
  readonly name: string;
  readonly kind: 'number' | 'text';
  /** Converts a value, which is not NULL, of a prepared statement of `openPool`'s sessions. */
  readonly convert: (value: unknown) => number | string;
}

/** The number that a date or a time becomes. Days since 1970 stay exact in 32 bits, the type of a model's inputs; seconds would not. */
const MS_PER_DAY = 86_400_000;

/** @throws MillraceError TRAIN_COLUMN_BINARY */
export function trainingColumns(fields: readonly FieldPacket[]): readonly TrainingColumn[] {
  return resultColumns(fields).map(({ name, type }, index) => {
    if (fields[index]?.columnType === mysql.Types.BIT) return { name, kind: 'number', convert: bits };
    if (type === 'binary') {
      throw new MillraceError('TRAIN_COLUMN_BINARY', `column '${name}' holds binary data, which no estimator reads`);
    }
    const convert = numbers[type];
    if (convert === undefined) return { name, kind: 'text', convert: String };
    return { name, kind: 'number', convert: (value) => exact(name, convert(value)) };
  });
}

const numbers: Partial<Record<ColumnType, (value: unknown) => number>> = {
  integer: Number,
  bigint: Number,
  decimal: Number,
  double: Number,
  date: days,
  datetime: days,
  timestamp: days,
  time: seconds,
};

/** Days since 1970, with a fraction. A date that does not exist, such as 0000-00-00, is NaN, as NULL is. */
function days(value: unknown): number {
  const [date = '', time = '00:00:00'] = String(value).split(/[ T]/);
  return Date.parse(`${date}T00:00:00Z`) / MS_PER_DAY + seconds(time) / 86_400;
}

/** `-838:59:59.000000` to `838:59:59.000000` */
function seconds(value: unknown): number {
  const text = String(value);
  const [hours = 0, minutes = 0, rest = 0] = text.replace('-', '').split(':').map(Number);
  const total = hours * 3600 + minutes * 60 + rest;
  return text.startsWith('-') ? -total : total;
}

/** BIT(1) to BIT(64), as bytes. */
function bits(value: unknown): number {
  return Buffer.isBuffer(value) ? value.reduce((total, byte) => total * 256 + byte, 0) : Number(value);
}

/** @throws MillraceError TRAIN_NUMBER_TOO_LARGE for whole numbers that a double cannot hold: they are identifiers */
function exact(name: string, value: number): number {
  if (Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < 2 ** 64) {
    const message = `column '${name}' has ${BigInt(value)}, which is larger than 2^53 and would be rounded`;
    throw new MillraceError('TRAIN_NUMBER_TOO_LARGE', message);
  }
  return value;
}
