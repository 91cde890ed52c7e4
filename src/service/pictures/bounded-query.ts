import type { Pool, RowDataPacket } from 'mysql2/promise';
import { abortableQuery } from '../../datasource/abortable-query.ts';
import { MillraceError } from '../../errors.ts';

const seconds = 10;

/** Runs queries on a table of any size: they end in the database when the client leaves, and after some seconds. */
export type BoundedQuery = (sql: string, values: readonly unknown[]) => Promise<readonly RowDataPacket[]>;

/** @throws {MillraceError} RESULT_TOO_SLOW */
export function boundedQuery(pool: Pool, client: AbortSignal): BoundedQuery {
  const late = AbortSignal.timeout(seconds * 1000);
  const signal = AbortSignal.any([client, late]);
  return async (sql, values) => {
    try {
      const [rows] = await abortableQuery(pool, { sql, values: [...values] }, signal);
      return rows as RowDataPacket[];
    } catch (error) {
      if (!late.aborted || client.aborted) throw error;
      throw new MillraceError('RESULT_TOO_SLOW', `the result table could not be read within ${seconds} s`);
    }
  };
}
