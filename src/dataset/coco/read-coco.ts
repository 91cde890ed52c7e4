import { Tokenizer, TokenParser } from '@streamparser/json';
import { MillraceError } from '../../errors.ts';
import type { DatasetRow, DatasetTable, Shape } from '../tables.ts';
import { rowOf } from './coco-rows.ts';
import { openOutline, type Token } from './outline.ts';
import { isBlank, openSkip } from './skip-value.ts';

/** Maximum size of one entry in bytes. COCO's own largest is below 1 MB. */
const longestEntry = 64 * 1024 * 1024;

/**
 * Reads an instance file of COCO from its bytes, in memory that does not depend on its size. Rows come in the order of the file.
 * Each yield has the rows of one chunk.
 *
 * @throws {MillraceError} DATASET_TRUNCATED, DATASET_INVALID, DATASET_NAME_UNSAFE
 */
export async function* readCoco(
  chunks: AsyncIterable<Uint8Array>,
  shape: Pick<Shape, 'segmentations'>,
): AsyncGenerator<readonly DatasetRow[]> {
  const reader = openReader(shape);
  for await (const chunk of chunks) yield reader.write(chunk);
  yield reader.end();
}

interface Reader {
  write(chunk: Uint8Array): readonly DatasetRow[];
  end(): readonly DatasetRow[];
}

function openReader(shape: Pick<Shape, 'segmentations'>): Reader {
  let rows: DatasetRow[] = [];
  let bytes = 0;
  let lastEntry = 0;
  const paths = ['$.info', '$.licenses.*', '$.images.*', '$.categories.*', '$.annotations.*'];
  const parser = new TokenParser({ paths, keepStack: false });
  const outline = openOutline((token: Token) => parser.write(token), { skipSegmentations: !shape.segmentations });
  parser.onValue = ({ value, key, stack }) => {
    lastEntry = bytes;
    const isListed = stack.length > 1;
    const table = (isListed ? stack[1]!.key : key) as DatasetTable;
    rows.push(rowOf(table, value, isListed ? `${table}[${key}]` : table, shape));
  };
  const tokenizer = new Tokenizer({ stringBufferSize: 64 * 1024 });
  tokenizer.onToken = outline.follow;
  const take = () => {
    const taken = rows;
    rows = [];
    return taken;
  };
  let fed = 0;
  const feed = (piece: Uint8Array, place: number) => {
    withOurErrors(() => tokenizer.write(piece), piece, { place, fed });
    fed += piece.length;
  };
  let skip: ReturnType<typeof openSkip> | null = null;
  /** @returns where reading continues */
  const read = (chunk: Uint8Array, from: number): number => {
    if (skip !== null) {
      const skipped = skip(chunk, from);
      if (skipped === null) return chunk.length;
      skip = null;
      feed(encoder.encode(skipped.instead), bytes + from);
      return skipped.end;
    }
    const found = shape.segmentations ? -1 : indexOf(chunk, segmentationKey, from);
    const end = found < 0 ? chunk.length : found + segmentationKey.length;
    feed(chunk.subarray(from, end), bytes + from);
    if (found >= 0 && outline.isAtSegmentation()) skip = openSkip();
    return end;
  };
  return {
    write(chunk) {
      if (!outline.hasEnded() || !chunk.every(isBlank)) for (let at = 0; at < chunk.length; ) at = read(chunk, at);
      bytes += chunk.length;
      if (bytes - lastEntry > longestEntry && !outline.hasEnded())
        throw notJson(`an entry near byte ${lastEntry} is larger than ${longestEntry / 2 ** 20} MiB`);
      return take();
    },
    end() {
      if (!outline.hasEnded()) throw truncated(bytes);
      outline.requireLists();
      return take();
    },
  };
}

const encoder = new TextEncoder();
/** Where a chunk ends inside it, the parser reads the segmentation, and the outline leaves it out. */
const segmentationKey = encoder.encode('"segmentation"');

function indexOf(bytes: Uint8Array, sought: Uint8Array, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(sought, from);
}

/**
 * The parser's errors quote its states and positions in chunks, which mean nothing to a person.
 * @param at the place of the piece in the file, and how much the parser has read before it
 */
function withOurErrors(
  work: () => void,
  piece: Uint8Array,
  at: { readonly place: number; readonly fed: number },
): void {
  try {
    work();
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const [, position] = /\(absolute position "(\d+)"\)/.exec((cause as Error).message) ?? [];
    if (position === undefined)
      throw notJson(`it is malformed between bytes ${at.place} and ${at.place + piece.length}`, cause);
    const offset = Number(position) - at.fed;
    const found = new TextDecoder().decode(piece.subarray(offset, offset + 12));
    throw notJson(`unexpected ${JSON.stringify(found)} at byte ${at.place + offset}`, cause);
  }
}

function notJson(what: string, cause?: unknown): MillraceError {
  return new MillraceError('DATASET_INVALID', `the annotations are not valid JSON: ${what}`, { cause });
}

function truncated(bytes: number): MillraceError {
  if (bytes === 0) return new MillraceError('DATASET_TRUNCATED', 'the file of annotations is empty');
  return new MillraceError('DATASET_TRUNCATED', `the JSON of the annotations ends too early, after ${bytes} bytes`);
}
