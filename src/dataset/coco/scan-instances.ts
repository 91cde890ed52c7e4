import { MillraceError } from '../../errors.ts';
import { invalid } from '../fields.ts';
import { openWindow } from './byte-window.ts';
import { type JsonText, malformed, notJson, parseJson, unexpected } from './json-text.ts';
import { isBlank, openValueScan, type ValueScan } from './scan-value.ts';
import { checkStart, startSize } from './start-of-file.ts';

/** Maximum size of one entry in bytes. COCO's own largest is below 1 MB. */
const longestEntry = 64 * 1024 * 1024;

const lists = ['licenses', 'images', 'annotations', 'categories'];
const required = ['images', 'categories'];

/** An element of a list of the file, or a part of it that is not a list. */
export interface Instance {
  readonly part: string;
  /** Its name, for messages: `images[12]`. */
  readonly where: string;
  readonly value: unknown;
}

export interface InstanceScan {
  write(chunk: Uint8Array): void;
  /** To be called after the last chunk. */
  end(): void;
}

type Expected =
  | 'file'
  | 'first key'
  | 'key'
  | 'colon'
  | 'part'
  | 'next part'
  | 'first element'
  | 'element'
  | 'next element'
  | 'nothing';

const [quote, colon, comma] = [0x22, 0x3a, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
const notValues: readonly number[] = [colon, comma, closeBracket, closeBrace];
const segmentation = new TextEncoder().encode('segmentation');

/**
 * Reads an instance file from its bytes, in memory that does not depend on its size: follows its object and its lists, and parses their
 * values one by one. JSON.parse is several times as fast as a parser that makes tokens.
 *
 * @param onInstance gets each value in the order of the file
 * @param options.skipSegmentations leaves out the segmentations of annotations, which are most of the file, without parsing them
 * @throws {MillraceError} DATASET_TRUNCATED, DATASET_INVALID, what `onInstance` throws
 */
export function openInstanceScan(
  onInstance: (instance: Instance) => void,
  { skipSegmentations }: { readonly skipSegmentations: boolean },
): InstanceScan {
  const window = openWindow();
  const parts = new Set<string>();
  let expected: Expected = 'file';
  let part = '';
  let index = 0;
  /** The value that is being read; its first byte is at `start`, the next byte to read at `at`. */
  let value: ValueScan | null = null;
  let [start, at] = [0, 0];

  const whereOf = () => (expected === 'key' ? 'a name' : expected === 'part' ? part : `${part}[${index}]`);
  const textTo = (to: number): JsonText => ({ ...window.view(), from: start, to, where: whereOf() });
  const pass = (next: Expected) => {
    at += 1;
    expected = next;
  };
  const read = (what: 'key' | 'part' | 'element', byte: number) => {
    if (notValues.includes(byte)) throw unexpected(window.view(), at);
    expected = what;
    start = at;
    value = openValueScan(skipSegmentations && what === 'element' && part === 'annotations' ? segmentation : null);
  };

  const steps: Readonly<Record<Expected, (byte: number) => void>> = {
    file() {
      at += checkStart(window.view(), at);
      expected = 'first key';
    },
    'first key': (byte) => (byte === closeBrace ? pass('nothing') : steps.key(byte)),
    key(byte) {
      if (byte !== quote) throw unexpected(window.view(), at);
      read('key', byte);
    },
    colon(byte) {
      if (byte !== colon) throw unexpected(window.view(), at);
      pass('part');
    },
    part(byte) {
      if (lists.includes(part) && byte === openBrace) throw invalid(part, {}, 'a list');
      if (byte !== openBracket || part === 'info') return read('part', byte);
      index = 0;
      pass('first element');
    },
    'next part'(byte) {
      if (byte !== comma && byte !== closeBrace) throw unexpected(window.view(), at);
      pass(byte === comma ? 'key' : 'nothing');
    },
    'first element': (byte) => (byte === closeBracket ? pass('next part') : steps.element(byte)),
    element: (byte) => read('element', byte),
    'next element'(byte) {
      if (byte !== comma && byte !== closeBracket) throw unexpected(window.view(), at);
      pass(byte === comma ? 'element' : 'next part');
    },
    nothing() {
      throw unexpected(window.view(), at);
    },
  };

  const takeKey = (parsed: unknown) => {
    part = String(parsed);
    if (parts.has(part)) throw notJson(`the name "${part}" occurs twice in the file's object`);
    parts.add(part);
    expected = 'colon';
  };
  const take = (found: ValueScan) => {
    const parsed = parseJson(textTo(at), found.cut());
    if (expected === 'key') return takeKey(parsed);
    if (expected === 'part' && lists.includes(part)) throw invalid(part, parsed, 'a list');
    onInstance({ part, where: whereOf(), value: parsed });
    index += 1;
    expected = expected === 'part' ? 'next part' : 'next element';
  };
  /** @returns whether there are bytes left to read */
  const step = (): boolean => {
    const { bytes, size, base } = window.view();
    if (value !== null) {
      const end = value.scan(bytes, start, at, size);
      at = end < 0 ? size : end;
      if (at - start > longestEntry)
        throw notJson(`${whereOf()}, from byte ${base + start}, is larger than ${longestEntry / 2 ** 20} MiB`);
      if (end < 0) return false;
      const found = value;
      value = null;
      take(found);
    }
    while (at < size && isBlank(bytes[at]!)) at += 1;
    if (at === size) return false;
    steps[expected](bytes[at]!);
    return true;
  };

  return {
    write(chunk) {
      const unneeded = value === null ? at : start;
      window.append(chunk, unneeded);
      at -= unneeded;
      start = 0;
      const { size, base } = window.view();
      if (base + size >= startSize) while (step());
    },
    end() {
      while (step());
      const { size, base } = window.view();
      if (expected === 'nothing') return requireLists(parts);
      throw (value === null ? null : malformed(textTo(size))) ?? truncated(base + size);
    },
  };
}

function requireLists(parts: ReadonlySet<string>): void {
  for (const name of required) if (!parts.has(name)) throw invalid(name, undefined, 'a list');
}

function truncated(bytes: number): MillraceError {
  if (bytes === 0) return new MillraceError('DATASET_TRUNCATED', 'the file of annotations is empty');
  return new MillraceError('DATASET_TRUNCATED', `the JSON of the annotations ends too early, after ${bytes} bytes`);
}
