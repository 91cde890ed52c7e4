/** The payload of one packet has at most so many bytes; a longer one continues in the next packet. */
export const fullPacket = 0xff_ffff;
export const headerLength = 4;

/** @param sequence number of the first packet in its command, 0 to 255 */
export function packetsOf(payload: Uint8Array, sequence: number): Buffer {
  const pieces: Uint8Array[] = [];
  for (let offset = 0, number = sequence; offset <= payload.length; offset += fullPacket, number += 1) {
    const piece = payload.subarray(offset, offset + fullPacket);
    const header = Buffer.alloc(headerLength);
    header.writeUIntLE(piece.length, 0, 3);
    header[3] = number & 0xff;
    pieces.push(header, piece);
  }
  return Buffer.concat(pieces);
}

/** Number of packets that a payload takes. */
export const packetCount = (length: number): number => Math.floor(length / fullPacket) + 1;

export function uint(value: number, size: 1 | 2 | 3 | 4): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html */
export function lengthEncoded(value: number): Buffer {
  if (value < 0xfb) return uint(value, 1);
  if (value <= 0xffff) return Buffer.concat([uint(0xfc, 1), uint(value, 2)]);
  if (value <= 0xff_ffff) return Buffer.concat([uint(0xfd, 1), uint(value, 3)]);
  const bytes = Buffer.alloc(9, 0xfe);
  bytes.writeBigUInt64LE(BigInt(value), 1);
  return bytes;
}

export function lengthEncodedText(text: string | Uint8Array): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return Buffer.concat([lengthEncoded(bytes.length), bytes]);
}

export const withNul = (text: string): Buffer => Buffer.from(`${text}\0`);
