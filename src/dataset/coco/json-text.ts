import { Tokenizer, TokenParser } from '@streamparser/json';
import { MillraceError } from '../../errors.ts';
import type { FilePart } from './byte-window.ts';
import type { Cut } from './scan-value.ts';

/** A value in a part of a file. */
export interface JsonText extends FilePart {
  readonly from: number;
  readonly to: number;
  /** Name of the value, for messages: `annotations[12]`. */
  readonly where: string;
}

/**
 * Parses a value. The part in `cut` is read as null.
 * @throws {MillraceError} DATASET_INVALID with the place of the first wrong byte
 */
export function parseJson(text: JsonText, cut: Cut | null): unknown {
  const { bytes, from, to } = text;
  const json =
    cut === null
      ? bytes.toString('utf8', from, to)
      : `${bytes.toString('utf8', from, from + cut.from)}null${bytes.toString('utf8', from + cut.to, to)}`;
  if (json.includes('\ufffd') && !isUtf8(text))
    throw notJson(`${text.where}, from byte ${text.base + from}, is not text in UTF-8`);
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw malformed(text) ?? notJson(`${text.where}, from byte ${text.base + from}, is malformed`, cause);
  }
}

/** Decoding replaces wrong bytes by U+FFFD, which may also be in the text itself. */
function isUtf8({ bytes, from, to }: JsonText): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, to));
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds what is wrong with a value. JSON.parse does not always name a place.
 * @returns null if the value is correct as far as it goes
 */
export function malformed({ from, to, where, ...part }: JsonText): MillraceError | null {
  let place = 0;
  const parser = new TokenParser({ paths: ['$'] });
  const tokenizer = new Tokenizer();
  parser.onValue = () => {};
  tokenizer.onToken = (token) => {
    place = token.offset;
    parser.write(token);
  };
  try {
    tokenizer.write(part.bytes.subarray(from, to));
    return null;
  } catch (cause) {
    const [, position = place] = /\(absolute position "(\d+)"\)/.exec((cause as Error).message) ?? [];
    return unexpected(part, from + Number(position), `, in ${where}`, cause);
  }
}

/** @param at place in `bytes` */
export function unexpected({ bytes, size, base }: FilePart, at: number, where = '', cause?: unknown): MillraceError {
  const found = bytes.toString('utf8', at, Math.min(at + 12, size));
  return notJson(`unexpected ${JSON.stringify(found)} at byte ${base + at}${where}`, cause);
}

export function notJson(what: string, cause?: unknown): MillraceError {
  return new MillraceError('DATASET_INVALID', `the annotations are not valid JSON: ${what}`, { cause });
}
