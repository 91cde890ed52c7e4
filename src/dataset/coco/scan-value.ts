import { MillraceError } from '../../errors.ts';

/** Nothing in an instance file is nested deeper than 5, counted from the file's object. */
const deepest = 100;
/** An entry lies in a list of the file's object. */
const depthOfEntries = 2;

/** Positions of a part of a value, counted from the value's first byte. */
export interface Cut {
  readonly from: number;
  readonly to: number;
}

/** Finds the end of one JSON value in its bytes. Only brackets and strings are looked at; a parser checks the rest. */
export interface ValueScan {
  /**
   * Continues with more bytes of the value.
   * @param start place of the value's first byte in `bytes`
   * @param from place of the first new byte
   * @returns the place after the value; -1: the value continues
   */
  readonly scan: (bytes: Uint8Array, start: number, from: number, to: number) => number;
  /** The list or object under the key to leave out; null: there is none. */
  readonly cut: () => Cut | null;
}

/** Kinds of bytes; all others are `plain`. */
const [plain, quotes, comma, opening, closing] = [0, 1, 2, 3, 4];
const kinds = new Uint8Array(256);
for (const [characters, kind] of [
  ['"', quotes],
  [',', comma],
  ['[{', opening],
  [']}', closing],
] as const)
  for (const character of characters) kinds[character.charCodeAt(0)] = kind;

const [quote, backslash, openBrace] = [0x22, 0x5c, 0x7b];

/** @param leftOut a key of the value itself whose list or object is left out */
export function openValueScan(leftOut: Uint8Array | null): ValueScan {
  let depth = 0;
  let isScalar = false;
  let isInString = false;
  let isEscaped = false;
  let isObject = false;
  let expectsKey = false;
  let keyFrom = -1;
  let isLeftOut = false;
  let [cutFrom, cutTo] = [-1, -1];

  const open = (byte: number, place: number) => {
    depth += 1;
    if (depth + depthOfEntries > deepest)
      throw new MillraceError('DATASET_INVALID', `the annotations are nested deeper than ${deepest}`);
    if (depth === 1) {
      isObject = byte === openBrace;
      expectsKey = isObject && leftOut !== null;
    } else if (depth === 2 && isLeftOut && cutFrom < 0) cutFrom = place;
  };
  const endString = (bytes: Uint8Array, start: number, at: number) => {
    isInString = false;
    if (keyFrom < 0) return;
    isLeftOut = leftOut !== null && isEqual(bytes, start + keyFrom, at, leftOut);
    keyFrom = -1;
  };

  return {
    scan(bytes, start, from, to) {
      if (from === start && from < to) isScalar = kinds[bytes[from]!] !== opening && bytes[from] !== quote;
      if (isScalar) return endOfScalar(bytes, from, to);
      for (let at = from; at < to; at++) {
        const byte = bytes[at]!;
        if (isInString) {
          if (isEscaped) isEscaped = false;
          else if (byte === backslash) isEscaped = true;
          else if (byte === quote) {
            endString(bytes, start, at);
            if (depth === 0) return at + 1;
          }
          continue;
        }
        const kind = kinds[byte];
        if (kind === plain) continue;
        if (kind === quotes) {
          isInString = true;
          if (expectsKey && depth === 1) {
            keyFrom = at + 1 - start;
            expectsKey = false;
          }
        } else if (kind === opening) open(byte, at - start);
        else if (kind === closing) {
          depth -= 1;
          if (depth === 0) return at + 1;
          if (depth === 1 && cutFrom >= 0 && cutTo < 0) cutTo = at + 1 - start;
        } else if (depth === 1) {
          expectsKey = isObject && leftOut !== null;
          isLeftOut = false;
        }
      }
      return -1;
    },
    cut: () => (cutTo < 0 ? null : { from: cutFrom, to: cutTo }),
  };
}

/** A number or a word ends before the next punctuation. */
function endOfScalar(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) if (kinds[bytes[at]!] !== plain || isBlank(bytes[at]!)) return at;
  return -1;
}

function isEqual(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (to - from !== expected.length) return false;
  for (let index = 0; index < expected.length; index++) if (bytes[from + index] !== expected[index]) return false;
  return true;
}

export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
