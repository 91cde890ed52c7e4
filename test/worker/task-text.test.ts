import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { missingPartitions } from '../../src/ledger/partitions.ts';
import { prepare } from '../../src/worker/rows/prepare.ts';
import { withSelect, withSql } from '../../src/worker/task-text.ts';
import { mariadb } from '../database.ts';
import { useWorker } from './use-worker.ts';

describe('a worker', () => {
  const worker = useWorker(mariadb);

  test('reads the text that was too long to be told', async () => {
    const { pool, systemSchema: schema } = worker.database;
    const [statement, select] = [randomUUID(), `SELECT '${'x'.repeat(200_000)}'`];
    const plan = JSON.stringify({
      steps: [
        { name: 'step-1', sql: 'SET @a = 1' },
        { name: 'step-2', select },
      ],
    });
    await worker.query(
      `INSERT INTO ${schema}.statements (id, text, plan, state, submitted_by, submitted_at) VALUES (?, '', ?, 'running', 'ada', NOW(6))`,
      [statement, plan],
    );
    const task = (step: string, text: object) => ({ statement, step, ...text }) as never;
    const place = { pool, schema };
    expect(await withSelect(task('step-2', { select: null }), place)).toMatchObject({ select });
    expect(await withSql(task('step-1', { sql: null }), place)).toMatchObject({ sql: 'SET @a = 1' });
    expect(await withSelect(task('step-2', { select: 'SELECT 1' }), place)).toMatchObject({ select: 'SELECT 1' });
    await expect(withSelect(task('step-3', { select: null }), place)).rejects.toMatchObject({ code: 'TASK_INVALID' });
  });

  test('names the partitions that have rows left', async () => {
    const context = worker.context('found', "SELECT 'a.jpg' AS file_name UNION ALL SELECT 'b.jpg'", { partitions: 5 });
    await prepare(context);
    const first = await missingPartitions(context);
    expect(first).toHaveLength(2);
    const done = (number: number) => [context.names.id, number];
    const partitions = `${context.schema}.partitions`;
    await worker.query(
      `UPDATE ${partitions} SET state = 'done', done_rows = 1 WHERE selection_id = ? AND partition_no = ?`,
      done(first[0]!),
    );
    expect(await missingPartitions(context)).toEqual(first.slice(1));
    await worker.query(
      `UPDATE ${partitions} SET failed_rows = 1 WHERE selection_id = ? AND partition_no = ?`,
      done(first[0]!),
    );
    await prepare(context);
    expect(await missingPartitions(context)).toEqual(first);
  });

  test('names none where nothing is selected', async () => {
    const context = worker.context('nothing', "SELECT 'a.jpg' AS file_name FROM DUAL WHERE 1 = 0", { partitions: 3 });
    await prepare(context);
    expect(await missingPartitions(context)).toEqual([]);
  });
});
