import type { Rows } from '../../formats/format.ts';
import type { RowOptions } from '../../service/service.ts';
import type { ResultPage } from '../../service/statement.ts';
import type { ServerApi } from './server-api.ts';

/** Number of rows per page: about a megabyte of typical rows. */
const pageSize = 5000;

/** A result that is fetched page by page as it is read. */
export async function remoteRows(
  api: ServerApi,
  path: string,
  { step, limit = Number.POSITIVE_INFINITY, signal }: RowOptions,
): Promise<Rows> {
  const page = (cursor: string | undefined, most: number) =>
    api.json<ResultPage>({
      path,
      query: [
        ['step', step],
        ['format', 'json'],
        ['limit', Math.min(most, pageSize)],
        ['cursor', cursor],
      ],
      signal,
    });
  const first = await page(undefined, limit);

  async function* batches(): AsyncGenerator<readonly (readonly unknown[])[]> {
    let given = 0;
    for (let current = first; ; ) {
      yield current.rows;
      given += current.rows.length;
      if (current.next === null || given >= limit) return;
      current = await page(current.next, limit - given);
    }
  }
  return { step: first.step, columns: first.columns, batches: batches(), truncated: first.truncated };
}
