import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csv, ndjson } from '../server/row-formats.ts';
import { jsonDocument } from './json-document.ts';
import { type Place, withService } from './open-service.ts';
import { forTerminal, type Output } from './output.ts';
import { printRows } from './print-rows.ts';
import type { Rows } from './service.ts';

export type ResultFormat = 'table' | 'json' | 'ndjson' | 'csv';

export interface ResultOptions {
  readonly step?: string | undefined;
  readonly format: ResultFormat;
  readonly limit?: number | undefined;
}

const streamed: Readonly<Record<Exclude<ResultFormat, 'table'>, (rows: Rows) => AsyncIterable<string>>> = {
  json: jsonDocument,
  ndjson,
  csv,
};

/** Of a table, unless a limit is given. */
const tableRows = 1000;

/** `millrace result ID`: the rows of a statement; all formats but the table are streamed, however many rows there are. */
export function showResult(
  id: string,
  { step, format, limit }: ResultOptions,
  place: Place,
  output: Output,
): Promise<number> {
  const write = format === 'table' ? undefined : streamed[format];
  return withService(place, output.note, async (service) => {
    const most = limit ?? (write === undefined ? tableRows + 1 : undefined);
    const rows = await service.rows(id, {
      ...(step !== undefined && { step }),
      ...(most !== undefined && { limit: most }),
    });
    if (write === undefined) await printRows(rows, id, output, limit ?? tableRows);
    else await pipeline(Readable.from(shown(write(rows))), process.stdout, { end: false });
    return 0;
  });
}

async function* shown(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield forTerminal(piece);
}
