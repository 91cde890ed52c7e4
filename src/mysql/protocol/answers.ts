import { capability, has } from './capabilities.ts';
import { lengthEncoded, lengthEncodedText, uint } from './packets.ts';

/** Longest message that clients keep: MYSQL_ERRMSG_SIZE of mysql_com.h, less its NUL. */
const longestMessage = 511;

const autocommit = 0x0002;

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html */
export function okPayload(capabilities: number, header = 0x00): Buffer {
  const info = has(capabilities, capability.sessionTrack) ? lengthEncodedText('') : Buffer.alloc(0);
  return Buffer.concat([uint(header, 1), lengthEncoded(0), lengthEncoded(0), uint(autocommit, 2), uint(0, 2), info]);
}

export interface MysqlError {
  readonly number: number;
  /** Five characters. */
  readonly sqlState: string;
  readonly message: string;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html */
export function errorPayload({ number, sqlState, message }: MysqlError): Buffer {
  return Buffer.concat([uint(0xff, 1), uint(number, 2), Buffer.from(`#${sqlState}`), cut(message)]);
}

/** Before the login, an error has no SQLSTATE. */
export function earlyErrorPayload({ number, message }: MysqlError): Buffer {
  return Buffer.concat([uint(0xff, 1), uint(number, 2), cut(message)]);
}

function cut(message: string): Buffer {
  const bytes = Buffer.from(message);
  if (bytes.length <= longestMessage) return bytes;
  let end = longestMessage - 3;
  // Not inside a character: its further bytes start with the bits 10.
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  return Buffer.concat([bytes.subarray(0, end), Buffer.from('…')]);
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
const fieldTypes = {
  integer: { type: 3, length: 11, collation: 63, flags: 0x80 },
  bigint: { type: 8, length: 20, collation: 63, flags: 0x80 },
  decimal: { type: 246, length: 67, collation: 63, flags: 0x80 },
  double: { type: 5, length: 22, collation: 63, flags: 0x80 },
  date: { type: 10, length: 10, collation: 63, flags: 0x80 },
  time: { type: 11, length: 17, collation: 63, flags: 0x80 },
  datetime: { type: 12, length: 26, collation: 63, flags: 0x80 },
  timestamp: { type: 12, length: 26, collation: 63, flags: 0x80 },
  json: { type: 253, length: 2 ** 32 - 1, collation: 45, flags: 0 },
  binary: { type: 252, length: 2 ** 32 - 1, collation: 63, flags: 0x90 },
  string: { type: 253, length: 2 ** 32 - 1, collation: 45, flags: 0 },
} as const;

export interface AnswerColumn {
  readonly name: string;
  /** A `ColumnType`. */
  readonly type: string;
}

const isKnown = (type: string): type is keyof typeof fieldTypes => Object.hasOwn(fieldTypes, type);

/** Values as the text protocol sends them; null is NULL. */
export type AnswerRow = readonly (string | Buffer | null)[];

/** The packets before the rows. */
export function columnPayloads(columns: readonly AnswerColumn[], capabilities: number): readonly Buffer[] {
  const end = has(capabilities, capability.deprecateEof) ? [] : [eofPayload()];
  return [lengthEncoded(columns.length), ...columns.map(columnPayload), ...end];
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html */
function columnPayload({ name, type }: AnswerColumn): Buffer {
  const { type: number, length, collation, flags } = fieldTypes[isKnown(type) ? type : 'string'];
  return Buffer.concat([
    ...['def', '', '', '', name, name].map(lengthEncodedText),
    lengthEncoded(12),
    uint(collation, 2),
    uint(length, 4),
    uint(number, 1),
    uint(flags, 2),
    uint(type === 'double' ? 31 : 0, 1),
    uint(0, 2),
  ]);
}

export function rowPayload(row: AnswerRow): Buffer {
  return Buffer.concat(row.map((value) => (value === null ? uint(0xfb, 1) : lengthEncodedText(value))));
}

/** The packet after the rows. */
export function rowsEndPayload(capabilities: number): Buffer {
  return has(capabilities, capability.deprecateEof) ? okPayload(capabilities, 0xfe) : eofPayload();
}

const eofPayload = () => Buffer.concat([uint(0xfe, 1), uint(0, 2), uint(autocommit, 2)]);
