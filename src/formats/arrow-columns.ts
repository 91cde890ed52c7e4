import {
  Binary,
  type Data,
  type DataType,
  DateDay,
  Float64,
  Int64,
  makeBuilder,
  makeData,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { MillraceError } from '../errors.ts';
import type { Column } from './format.ts';

type Values = readonly unknown[];

/** A column as Arrow has it. */
interface ArrowColumn {
  readonly type: DataType;
  /** @throws {MillraceError} NOT_IN_FORMAT for a value that the type cannot hold */
  vectorOf(values: Values): Data;
}

/** What the types of the API become: exact ones. A decimal, a time and JSON stay text, because their ranges and digits exceed Arrow's. */
export function arrowColumn({ name, type }: Column): ArrowColumn {
  const make = columns[type] ?? text;
  return make((value, what) => {
    const message = `the column '${name}' has the value ${JSON.stringify(value)}, which is not ${what} in Arrow`;
    throw new MillraceError('NOT_IN_FORMAT', message);
  });
}

type Refuse = (value: unknown, what: string) => never;

const text = () => built(new Utf8(), (value) => value);

const columns: Readonly<Record<string, (refuse: Refuse) => ArrowColumn>> = {
  integer: (refuse) => whole(new Int64(), (value) => wholeOf(value, refuse)),
  bigint: (refuse) => whole(new Int64(), (value) => wholeOf(value, refuse)),
  double: () => fixed(new Float64(), Float64Array, Number),
  date: (refuse) => fixed(new DateDay(), Int32Array, (value) => dayOf(String(value), value, refuse)),
  datetime: (refuse) => whole(new TimestampMicrosecond(), (value) => microsecondsOf(String(value), refuse)),
  timestamp: (refuse) => whole(new TimestampMicrosecond('UTC'), (value) => microsecondsOf(String(value), refuse)),
  binary: () => built(new Binary(), (value) => Buffer.from(String(value), 'base64')),
};

function built(type: Utf8 | Binary, convert: (value: unknown) => unknown): ArrowColumn {
  return {
    type,
    vectorOf(values) {
      const builder = makeBuilder({ type, nullValues: [null] });
      for (const value of values) builder.append(value === null ? null : (convert(value) as never));
      return builder.finish().flush();
    },
  };
}

const whole = (type: DataType, convert: (value: unknown) => bigint) => fixed(type, BigInt64Array, convert);

function fixed<Value extends number | bigint>(
  type: DataType,
  Values: new (length: number) => { [index: number]: Value } & ArrayBufferView,
  convert: (value: unknown) => Value,
): ArrowColumn {
  return {
    type,
    vectorOf(values) {
      const data = new Values(values.length);
      const valid = new Uint8Array((values.length + 7) >> 3);
      let nullCount = 0;
      for (const [index, value] of values.entries()) {
        if (value === null) {
          nullCount++;
          continue;
        }
        data[index] = convert(value);
        valid[index >> 3]! |= 1 << (index & 7);
      }
      return makeData({ type, length: values.length, nullCount, nullBitmap: valid, data } as never);
    },
  };
}

function wholeOf(value: unknown, refuse: Refuse): bigint {
  const number = BigInt(value as string | number);
  return BigInt.asIntN(64, number) === number ? number : refuse(value, 'an int64');
}

/** Days since 1970. MySQL also stores `0000-00-00` and days that a month does not have. */
function dayOf(date: string, value: unknown, refuse: Refuse): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const time = new Date(0).setUTCFullYear(year, month - 1, day);
  const found = new Date(time);
  return found.getUTCMonth() === month - 1 && found.getUTCDate() === day ? time / 86_400_000 : refuse(value, 'a date');
}

/** µs since 1970 of `YYYY-MM-DDTHH:MM:SS[.ffffff][Z]`. */
function microsecondsOf(text: string, refuse: Refuse): bigint {
  const [hours, minutes, seconds] = [11, 14, 17].map((from) => Number(text.slice(from, from + 2))) as [
    number,
    number,
    number,
  ];
  const fraction = text.slice(20).replace('Z', '').padEnd(6, '0');
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1e6 + Number(fraction);
  return BigInt(dayOf(text.slice(0, 10), text, refuse)) * 86_400_000_000n + BigInt(ofDay);
}
