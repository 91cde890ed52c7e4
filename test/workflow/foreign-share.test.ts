import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import { partitionRows } from '../../src/ledger/shares.ts';
import type { Task } from '../../src/task.ts';
import { servers, useDatabase } from '../database.ts';
import { foreignStep, render, submission, templateOf } from './deployment.ts';
import { fillIn } from './fill-in.ts';

const partitions = 3;
/** Number of partitions that the worker starts: at most one per row. */
const moreThanRows = 20;

describe.each(servers)("a foreign image's shares of the rows on $name", (server) => {
  const database = useDatabase(server);

  // The rows as the worker's `prepare` leaves them.
  beforeAll(async () => {
    const { pool, systemSchema } = database;
    await migrate(pool, systemSchema);
    const { id, selection } = selectionNames({ statement: submission.id, step: 'step-1' } as Task, systemSchema);
    await pool.query(
      `CREATE TABLE ${systemSchema}.${selection.table} (millrace_row BIGINT UNSIGNED NOT NULL INVISIBLE AUTO_INCREMENT PRIMARY KEY)
       AS SELECT seq.n, IF(seq.n = 4, NULL, seq.n MOD 4) AS camera FROM (SELECT 7 AS n UNION ALL SELECT 1 UNION ALL SELECT 4
       UNION ALL SELECT 3 UNION ALL SELECT 2 UNION ALL SELECT 6 UNION ALL SELECT 5) AS seq`,
    );
    const ranges = partitionRows(7, partitions).map(({ first, last }, index) => [id, index, first, last, 'pending']);
    await pool.query(
      `INSERT INTO ${systemSchema}.partitions (selection_id, partition_no, first_row, last_row, state) VALUES ?`,
      [ranges],
    );
  }, 180_000);

  async function share(
    partition: number,
    partitionBy: string | null,
    parts = partitions,
  ): Promise<readonly Record<string, number>[]> {
    const workflow = render([foreignStep({ partitions: parts, partitionBy })], {
      deployment: { schema: database.systemSchema },
    });
    const environment = templateOf(workflow, 'step-1-partition').container?.env ?? [];
    const filled = fillIn(environment, [], { 'inputs.parameters.partition': String(partition) }).environment;
    const [rows] = await database.pool.query<RowDataPacket[]>(filled.SQLFLOW_TO_RUN_SELECT as string);
    // The driver returns big integers as strings.
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])));
  }

  test('by ranges: each row once, in the order of the query, with its own columns only', async () => {
    expect(await share(0, null)).toEqual([
      { n: 7, camera: 3 },
      { n: 1, camera: 1 },
    ]);
    const rest = [...(await share(1, null)), ...(await share(2, null))];
    expect(rest.map(({ n }) => n)).toEqual([4, 3, 2, 6, 5]);
  });

  test('by ranges, with more partitions than rows: one row each', async () => {
    const shares = await Promise.all(
      partitionRows(7, moreThanRows).map(({ number }) => share(number, null, moreThanRows)),
    );
    expect(shares.map((rows) => rows.map(({ n }) => n))).toEqual([[7], [1], [4], [3], [2], [6], [5]]);
  });

  test('by a column: each row once, equal values together', async () => {
    const shares = await Promise.all([0, 1, 2].map((partition) => share(partition, 'camera')));
    expect(shares.flatMap((rows) => rows.map(({ n }) => n)).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const [first, second] of [
      [7, 3],
      [1, 5],
      [2, 6],
    ]) {
      const sharesWith = (number: number | undefined) => shares.findIndex((rows) => rows.some(({ n }) => n === number));
      expect(sharesWith(first)).toBe(sharesWith(second));
    }
  });
});
