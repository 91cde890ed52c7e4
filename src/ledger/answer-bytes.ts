import type { StoredAnswer } from '../answer-store.ts';

type Scores = StoredAnswer['scores'];

/**
 * Packs scores: for each class its id and the number of its scores as varints, and the scores as 32-bit floats, least significant byte
 * first. A picture with 7 objects of 3 classes takes 34 bytes.
 */
export function packScores(scores: Scores): Buffer {
  const parts = [...scores].map(([classId, own]) => {
    const floats = Buffer.alloc(4 * own.length);
    for (const [index, score] of own.entries()) floats.writeFloatLE(score, 4 * index);
    return Buffer.concat([varint(classId), varint(own.length), floats]);
  });
  return Buffer.concat(parts);
}

export function unpackScores(bytes: Buffer): Scores {
  const scores = new Map<number, readonly number[]>();
  for (let at = 0; at < bytes.length; ) {
    const classId = readVarint(bytes, at);
    const count = readVarint(bytes, classId.end);
    const own = Array.from({ length: count.value }, (_, index) => bytes.readFloatLE(count.end + 4 * index));
    scores.set(classId.value, own);
    at = count.end + 4 * own.length;
  }
  return scores;
}

/** Seven bits a byte, the lowest first; the highest bit says that another byte follows. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let [at, shift] = [start, 0]; ; at++, shift += 7) {
    const byte = bytes.readUInt8(at);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value: value >>> 0, end: at + 1 };
  }
}
