import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transaction } from '../../src/datasource/pool.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import {
  type BatchCounts,
  closePartition,
  countBatch,
  missingPartitions,
  takePartition,
} from '../../src/ledger/partitions.ts';
import {
  forgetFailures,
  hasOutcome,
  type RowOutcome,
  readFailures,
  recordOutcomes,
  tallyOutcomes,
} from '../../src/ledger/row-outcomes.ts';
import { namesOfTables, selectionNames } from '../../src/ledger/selection-names.ts';
import {
  markPublished,
  markPublishing,
  readSelection,
  recordSelection,
  requireSelection,
  type SelectionPlace,
} from '../../src/ledger/selections.ts';
import { partitionRows } from '../../src/ledger/shares.ts';
import { servers, useDatabase } from '../database.ts';

const nothing: BatchCounts = { rows: 0, failed: 0, outputs: 0, decodeMs: 0, inferMs: 0, writeMs: 0 };

const done = (row: number): RowOutcome => ({ row: String(row), outputs: 2, error: null });
const failed = (row: number, message: string): RowOutcome => ({
  row: String(row),
  outputs: 0,
  error: { code: 'IMAGE_UNREADABLE', message },
});

describe.each(servers)('a selection in the ledger on $name', (server) => {
  const database = useDatabase(server);
  let place: SelectionPlace;

  beforeAll(() => migrate(database.pool, database.systemSchema));

  /** Of ten rows in two partitions. */
  beforeEach(async () => {
    const task = { kind: 'rows', statement: randomUUIDv7(), step: 'step-1' } as const;
    place = { pool: database.pool, schema: database.systemSchema, names: selectionNames(task, database.systemSchema) };
    expect(await readSelection(place)).toBe(null);
    await recordSelection(place, { ...task, rows: 10, columns: ['id'], partitions: partitionRows(10, 2) });
  });

  /** As a worker does: the counters and the outcomes in one transaction. */
  async function write(partitionNo: number, outcomes: readonly RowOutcome[]): Promise<void> {
    const taken = (await takePartition(place, partitionNo))!;
    const failures = outcomes.filter(({ error }) => error !== null).length;
    await transaction(place.pool, async (connection) => {
      await countBatch(connection, place, taken, { ...nothing, rows: outcomes.length, failed: failures });
      await recordOutcomes(connection, place, partitionNo, outcomes);
    });
    await closePartition(place, taken, null);
  }

  it('is read as recorded, and then becomes published', async () => {
    expect(await requireSelection(place, 'step-1')).toMatchObject({ state: 'ready', rows: 10, columns: ['id'] });
    await markPublishing(place);
    expect((await readSelection(place))?.state).toBe('publishing');
    await markPublished(place, { rows: 10 });
    expect((await readSelection(place))?.state).toBe('published');
    expect(await missingPartitions(place)).toEqual([]);
  });

  it('that does not exist is reported with the name of its step', async () => {
    const other = {
      ...place,
      names: selectionNames({ kind: 'rows', statement: randomUUIDv7(), step: 'x' }, place.schema),
    };
    await expect(requireSelection(other, 'step-7')).rejects.toMatchObject({
      code: 'TASK_INVALID',
      message: expect.stringContaining('step-7'),
    });
  });

  it('accepts writes to a partition only from the worker that took it last', async () => {
    const before = (await takePartition(place, 0))!;
    const now = (await takePartition(place, 0))!;
    expect([before, now]).toMatchObject([
      { attempt: 1, firstRow: '1', lastRow: '5' },
      { attempt: 2, firstRow: '1', lastRow: '5' },
    ]);
    const count = (taken: typeof now) =>
      transaction(place.pool, (connection) => countBatch(connection, place, taken, { ...nothing, rows: 5 }));
    await expect(count(before)).rejects.toMatchObject({ code: 'PARTITION_TAKEN' });
    await closePartition(place, before, null);
    expect(await missingPartitions(place)).toEqual([0, 1]);
    await count(now);
    await closePartition(place, now, null);
    expect(await missingPartitions(place)).toEqual([1]);
    expect(await takePartition(place, 2)).toBe(null);
  });

  it('counts the outcomes of its rows, and lets failed ones be retried', async () => {
    const long = 'x'.repeat(2000);
    await write(0, [done(1), done(2), failed(3, 'cut off: a.jpg'), failed(4, 'cut off: b.jpg'), failed(5, long)]);
    await write(1, [6, 7, 8, 9, 10].map(done));
    expect(await tallyOutcomes(place)).toEqual({ rows: 10, failed: 3, outputs: 14 });
    expect(await readFailures(place, 10)).toEqual([
      { row: '3', code: 'IMAGE_UNREADABLE', message: 'cut off: a.jpg', rows: 2 },
      { row: '5', code: 'IMAGE_UNREADABLE', message: long.slice(0, 1000), rows: 1 },
    ]);
    expect(await readFailures(place, 1)).toHaveLength(1);
    expect(await missingPartitions(place)).toEqual([]);
    expect(await forgetFailures(place)).toBe(3);
    expect(await tallyOutcomes(place)).toEqual({ rows: 7, failed: 0, outputs: 14 });
    expect(await missingPartitions(place)).toEqual([0]);
    const known = await transaction(place.pool, async (connection) => [
      await hasOutcome(connection, place, '2'),
      await hasOutcome(connection, place, '3'),
    ]);
    expect(known).toEqual([true, false]);
  });
});

it('the names of a selection follow from its statement and step alone', () => {
  const task = { kind: 'rows', statement: '0198c5a2-7d3e-7b41-9c6f-2f1e8a4b5c6d', step: 'step-1' } as const;
  const { id, made, staging, summary, replaced } = selectionNames(task, 'millrace', true);
  expect(id.toString('hex')).toBe(selectionNames(task, 'other').id.toString('hex'));
  expect([made.database, staging.database]).toEqual(['millrace_work', 'millrace']);
  const names = { selection: made.table, staging: staging.table, summary: summary.table, replaced: replaced.table };
  expect(namesOfTables(id)).toEqual(names);
});
