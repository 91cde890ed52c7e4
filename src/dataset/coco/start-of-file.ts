import { MillraceError } from '../../errors.ts';
import type { FilePart } from './byte-window.ts';
import { unexpected } from './json-text.ts';

/** Number of bytes that tell what a file is. */
export const startSize = 4;

const openBrace = 0x7b;

/** What the first bytes of a file mean that is not an instance file. https://en.wikipedia.org/wiki/List_of_file_signatures */
const others = [
  {
    bytes: [0x1f, 0x8b],
    what: 'compressed with gzip',
    hint: 'decompress the file with gunzip, or name a tar.gz with --archive',
  },
  {
    bytes: [0x50, 0x4b, 0x03, 0x04],
    what: 'a zip archive',
    hint: 'name the archive with --archive instead of --annotations',
  },
  { bytes: [0xff, 0xfe], what: 'in UTF-16', hint: 'convert it to UTF-8' },
  { bytes: [0xfe, 0xff], what: 'in UTF-16', hint: 'convert it to UTF-8' },
  { bytes: [0x5b], what: 'a list', hint: "name an instance file of COCO; a list is the form of a detector's results" },
  ...[...'"-0123456789'].map((character) => ({
    bytes: [character.charCodeAt(0)],
    what: 'a single value',
    hint: 'name an instance file of COCO',
  })),
];

/** Editors of Windows write it before a text in UTF-8. */
const byteOrderMark = [0xef, 0xbb, 0xbf];

/**
 * Checks that the file's value is an object.
 * @param at place of the first byte that is not blank
 * @returns number of bytes before what is in the object
 * @throws {MillraceError} DATASET_INVALID
 */
export function checkStart(file: FilePart, at: number): number {
  const startsWith = (expected: readonly number[], from: number) =>
    expected.every((byte, index) => from + index < file.size && file.bytes[from + index] === byte);
  if (startsWith([openBrace], at)) return 1;
  if (startsWith([...byteOrderMark, openBrace], at)) return byteOrderMark.length + 1;
  const other = others.find(({ bytes }) => startsWith(bytes, at));
  if (other === undefined) throw unexpected(file, at);
  const { what, hint } = other;
  const message = `the annotations are ${what}; expected an object with "images" and "annotations"`;
  throw new MillraceError('DATASET_INVALID', message, { hint });
}
