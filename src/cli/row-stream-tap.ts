import { PassThrough } from 'node:stream';
import type { ResultColumn, Row } from '../datasource/column-types.ts';
import type { Rows } from '../formats/format.ts';
import type { RowTap } from '../ledger/store-result.ts';

/** A tap that passes each result on as a stream of rows. The database waits while the stream is not read. */
export function openRowTap(read: (rows: Rows) => Promise<void>): RowTap {
  let batches = new PassThrough({ objectMode: true, highWaterMark: 4 });
  let reading = Promise.resolve();
  return {
    begin(step: string, columns: readonly ResultColumn[]) {
      batches = new PassThrough({ objectMode: true, highWaterMark: 4 });
      reading = read({ step, columns: [...columns], batches, truncated: false });
      reading.catch((error) => batches.destroy(error));
    },
    async add(rows: readonly Row[]) {
      if (batches.destroyed) return reading;
      if (!batches.write(rows)) await Promise.race([drained(batches), reading]);
    },
    async end() {
      batches.end();
      await reading;
    },
  };
}

function drained(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => stream.once('drain', resolve));
}
