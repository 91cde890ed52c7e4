import { MillraceError } from '../../errors.ts';

/** Reads the parts of a packet's payload, and never beyond its end. */
export interface PayloadReader {
  /** Number of bytes that are not read yet. */
  left(): number;
  uint8(): number;
  uint16(): number;
  uint32(): number;
  bytes(length: number): Buffer;
  rest(): Buffer;
  /** Up to a NUL, which must be there. */
  untilNul(): Buffer;
  /** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html */
  lengthEncoded(): number;
}

export function readPayload(payload: Buffer): PayloadReader {
  let offset = 0;
  const left = () => payload.length - offset;
  function bytes(length: number): Buffer {
    if (length > left()) throw malformed();
    offset += length;
    return payload.subarray(offset - length, offset);
  }
  const [uint8, uint16, uint32] = [1, 2, 4].map((size) => () => bytes(size).readUIntLE(0, size)) as [
    () => number,
    () => number,
    () => number,
  ];
  return {
    left,
    bytes,
    uint8,
    uint16,
    uint32,
    rest: () => bytes(left()),
    untilNul() {
      const end = payload.indexOf(0, offset);
      if (end === -1) throw malformed();
      const text = bytes(end - offset);
      offset += 1;
      return text;
    },
    lengthEncoded() {
      const first = uint8();
      if (first < 0xfb) return first;
      if (first === 0xfc) return uint16();
      if (first === 0xfd) return bytes(3).readUIntLE(0, 3);
      if (first !== 0xfe) throw malformed();
      const number = bytes(8).readBigUInt64LE(0);
      if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed();
      return Number(number);
    },
  };
}

export function malformed(): MillraceError {
  return new MillraceError('MYSQL_PROTOCOL', 'a packet is not of the MySQL protocol');
}
