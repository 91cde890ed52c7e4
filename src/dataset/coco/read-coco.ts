import { Tokenizer, TokenParser } from '@streamparser/json';
import { MillraceError } from '../../errors.ts';
import type { DatasetRow, DatasetTable, Shape } from '../tables.ts';
import { rowOf } from './coco-rows.ts';
import { openOutline, type Token } from './outline.ts';

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
  return {
    write(chunk) {
      if (!outline.hasEnded() || !isBlank(chunk)) withOurErrors(() => tokenizer.write(chunk), bytes, chunk);
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

/** The parser's errors quote its states and positions in chunks, which mean nothing to a person. */
function withOurErrors(work: () => void, before: number, chunk: Uint8Array): void {
  try {
    work();
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const [, place] = /\(absolute position "(\d+)"\)/.exec((cause as Error).message) ?? [];
    if (place === undefined)
      throw notJson(`it is malformed between bytes ${before} and ${before + chunk.length}`, cause);
    const found = new TextDecoder().decode(chunk.subarray(Number(place) - before, Number(place) - before + 12));
    throw notJson(`unexpected ${JSON.stringify(found)} at byte ${place}`, cause);
  }
}

function isBlank(chunk: Uint8Array): boolean {
  return chunk.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function notJson(what: string, cause?: unknown): MillraceError {
  return new MillraceError('DATASET_INVALID', `the annotations are not valid JSON: ${what}`, { cause });
}

function truncated(bytes: number): MillraceError {
  if (bytes === 0) return new MillraceError('DATASET_TRUNCATED', 'the file of annotations is empty');
  return new MillraceError('DATASET_TRUNCATED', `the JSON of the annotations ends too early, after ${bytes} bytes`);
}
