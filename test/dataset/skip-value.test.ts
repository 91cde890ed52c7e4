import { describe, expect, it } from 'vitest';
import { openSkip } from '../../src/dataset/coco/skip-value.ts';

const encoder = new TextEncoder();

/** What remains after the value, read in pieces of so many bytes. */
function rest(text: string, piece: number): { readonly rest: string; readonly instead: string } | null {
  const bytes = encoder.encode(text);
  const skip = openSkip();
  for (let at = 0; at < bytes.length; at += piece) {
    const skipped = skip(bytes.subarray(at, at + piece), 0);
    if (skipped !== null) return { rest: text.slice(at + skipped.end), instead: skipped.instead };
  }
  return null;
}

describe.each([1, 2, 3, 1000])('the value after a key, in pieces of %i bytes,', (piece) => {
  it.each([
    [': [[1, 2.5], [3]], "area": 5', ', "area": 5', ':null'],
    [':[]}', '}', ':null'],
    [' \n:\t{"counts": "a]}\\"[\\\\", "size": [1, 2]}  ,', '  ,', ':null'],
    [': 5, "a": 1', '5, "a": 1', ':'],
    [':"[",', '"[",', ':'],
    [', "a": 1', ', "a": 1', ''],
    ['::', ':', ':'],
  ])('ends where it ends: %s', (text, remaining, instead) => {
    expect(rest(text, piece)).toEqual({ rest: remaining, instead });
  });

  it.each(['', ' ', ': [[1]', ': {"a": "]}'])('may go on: %j', (text) => {
    expect(rest(text, piece)).toBe(null);
  });
});
