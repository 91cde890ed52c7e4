import { describe, expect, it } from 'vitest';
import { countRows } from '../../src/datasource/count-rows.ts';
import { servers, useDatabase } from '../database.ts';

describe.each(servers)('the rows of a query on $name', (server) => {
  const database = useDatabase(server);

  it.each([
    ['are counted', 'SELECT 1 AS a UNION ALL SELECT 2', 2],
    ['are counted up to its limit', 'SELECT 1 AS a UNION ALL SELECT 2 LIMIT 1', 1],
    ['are counted after a comment at its end', 'SELECT 1 AS a -- one', 1],
    ['are not counted if it fails', 'SELECT 1 AS a, 2 AS a', null],
    ['are not counted if that takes long', 'SELECT SLEEP(30) AS a', null],
  ])('%s', async (_, query, rows) => {
    expect(await countRows(database.pool, query)).toBe(rows);
  });
});
