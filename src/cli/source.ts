import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { MillraceError } from '../errors.ts';
import type { Source } from './print-error.ts';

/** Reads the program of a command from its argument, a file or standard input. */
export async function readSource(sql: string | undefined, file: string | undefined): Promise<Source> {
  if (sql !== undefined && file !== undefined)
    throw usage('both a program and a file are given', 'give only one of them');
  if (file !== undefined) return decoded(file, readBytes(file));
  if (sql === '-') return decoded('stdin', await buffer(process.stdin));
  if (sql !== undefined) return given(sql);
  throw usage('no program is given', 'give a program in quotes, -f FILE, or - for standard input');
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw usage(`the file ${file} cannot be read`, 'give the path of a readable SQL file');
  }
}

/** The character by which Node and npm replace bytes that are not UTF-8. */
const replacement = '\ufffd';

/** @throws {MillraceError} PROGRAM_NOT_UTF8, with the place of the first invalid byte */
function decoded(name: string, bytes: Buffer): Source {
  if (isUtf8(bytes)) return { name, text: new TextDecoder().decode(bytes) };
  if (isUtf16(bytes)) {
    const hint = `convert it: iconv -f UTF-16 -t UTF-8 ${name === 'stdin' ? '' : `${name} `}> utf8.sql`;
    throw notUtf8(`${name} is UTF-16, not UTF-8: it starts with the bytes ${hex(bytes.subarray(0, 2))}`, hint);
  }
  // Keeping the byte order mark makes offsets equal to those of the file.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const { index, offset } = firstReplaced(text, bytes);
  throw new SourceError({ name, text }, index, bytes[offset]!, offset);
}

/** Recognizes UTF-16 by the byte order mark: https://www.unicode.org/faq/utf_bom.html */
function isUtf16(bytes: Buffer): boolean {
  return ['fffe', 'feff'].includes(bytes.subarray(0, 2).toString('hex'));
}

/** The first replacement character that is not in the file itself: its index in the text, and the offset in the file. */
function firstReplaced(text: string, bytes: Buffer): { readonly index: number; readonly offset: number } {
  let offset = 0;
  for (let from = 0; ; ) {
    const index = text.indexOf(replacement, from);
    offset += Buffer.byteLength(text.slice(from, index));
    if (bytes.subarray(offset, offset + 3).toString('hex') !== 'efbfbd') return { index, offset };
    offset += 3;
    from = index + 1;
  }
}

/** An argument arrives decoded, so bytes that were not UTF-8 show as replacement characters. */
function given(text: string): Source {
  const start = text.indexOf(replacement);
  if (start < 0) return { name: 'statement', text };
  throw notUtf8(
    'the statement contains U+FFFD, which replaces bytes that are not UTF-8',
    'give the statement in a file: -f FILE',
  );
}

function notUtf8(message: string, hint: string): MillraceError {
  return new MillraceError('PROGRAM_NOT_UTF8', message, { hint });
}

/** An error with its place in the program that could not be read. */
export class SourceError extends MillraceError {
  readonly source: Source;

  constructor(source: Source, start: number, byte: number, offset: number) {
    const what = `the byte ${hex([byte])} at offset ${offset} is not UTF-8`;
    super('PROGRAM_NOT_UTF8', what, { span: { start, end: start + 1 }, hint: howToEncode(source.name) });
    this.source = source;
  }
}

function howToEncode(name: string): string {
  const file = name === 'stdin' ? 'FILE' : name;
  return `convert it (iconv -f LATIN1 -t UTF-8 ${file}), and dump binary values with --hex-blob`;
}

function hex(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(' ');
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
