import { errorKinds } from '../errors.ts';
import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import { printRows, type RowFormat, writeRows } from './print-rows.ts';
import { resultCut } from './result-cut.ts';

export interface ResultOptions {
  readonly step?: string | undefined;
  readonly format: RowFormat;
  readonly limit?: number | undefined;
}

/** Number of rows of a table. Default of --limit. */
const tableRows = 1000;

/**
 * `millrace result ID`: prints the rows of a statement. All formats except the table are streamed, for any number of rows.
 * @returns 0 only if all requested rows were printed
 */
export function showResult(
  id: string,
  { step, format, limit }: ResultOptions,
  place: Place,
  output: Output,
): Promise<number> {
  return withService(place, output.note, async (service) => {
    const most = limit ?? (format === 'table' ? tableRows + 1 : undefined);
    const rows = await service.rows(id, {
      ...(step !== undefined && { step }),
      ...(most !== undefined && { limit: most }),
    });
    const counted = { given: 0 };
    const given = { ...rows, batches: counting(rows.batches, counted) };
    if (format === 'table') await printRows(given, id, output, limit ?? tableRows);
    else await writeRows(given, format);
    if (!rows.truncated || (limit !== undefined && counted.given >= limit)) return 0;
    output.warn(await resultCut(service, id, rows.step));
    return errorKinds.run.exitCode;
  });
}

async function* counting<T>(
  batches: AsyncIterable<readonly T[]>,
  counted: { given: number },
): AsyncGenerator<readonly T[]> {
  for await (const batch of batches) {
    counted.given += batch.length;
    yield batch;
  }
}
