import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transaction } from '../../src/datasource/pool.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import {
  type BatchCounts,
  closePartition,
  countBatch,
  type Drawer,
  drawPartition,
  isReplaced,
  missingPartitions,
  releasePartitions,
  renewLeases,
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
    const taken = await draw();
    expect(taken.partitionNo).toBe(partitionNo);
    const failures = outcomes.filter(({ error }) => error !== null).length;
    await transaction(place.pool, async (connection) => {
      await countBatch(connection, place, taken, { ...nothing, rows: outcomes.length, failed: failures });
      await recordOutcomes(connection, place, partitionNo, outcomes);
    });
    await closePartition(place, taken, null);
  }

  const draw = async (worker = 0, drawer: Partial<Drawer> = {}) =>
    (await drawPartition(place, { worker, except: [], isResuming: true, ...drawer }))!;

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

  it('accepts writes to a partition only from the process that drew it last', async () => {
    const before = await draw();
    const now = await draw();
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
  });

  describe('whose partitions are drawn', () => {
    const fresh = { isResuming: false };
    /** As if the worker of the partition had not been heard of for so long. */
    const silence = (seconds: number, partitionNo = 0) =>
      place.pool.query(
        `UPDATE ${database.systemSchema}.partitions SET leased_at = NOW(6) - INTERVAL ? SECOND
         WHERE selection_id = ? AND partition_no = ?`,
        [seconds, place.names.id, partitionNo],
      );
    const next = (worker: number, drawer: Partial<Drawer> = {}) =>
      drawPartition(place, { worker, except: [], isResuming: false, ...drawer });

    it('gives each to one of the workers that draw at the same time, lowest first', async () => {
      const drawn = await Promise.all([0, 1, 2, 3].map((worker) => next(worker, { except: [0, 1] })));
      expect(drawn.map((taken) => taken?.partitionNo ?? null).toSorted()).toEqual([0, 1, null, null]);
    });

    it('gives those that a dead process left open first to the next process of the same worker, and to no other', async () => {
      await next(1);
      await next(0);
      expect(await next(2)).toBe(null);
      expect(await next(0, { isResuming: true })).toMatchObject({ partitionNo: 1, attempt: 2 });
      expect(await next(0, { isResuming: true, except: [1] })).toBe(null);
      // Once nothing else is left, also to one that did not know of them.
      expect(await next(1)).toMatchObject({ partitionNo: 0, attempt: 2 });
    });

    it('tells a process that is replaced by one of the same worker from one that has lost a partition', async () => {
      const before = (await next(0))!;
      await next(0, { isResuming: true });
      expect(await isReplaced(place, before, 0)).toBe(true);
      expect(await isReplaced(place, before, 1)).toBe(false);
    });

    it('gives one whose worker has fallen silent to another, unless that has lost it before', async () => {
      const taken = (await next(0))!;
      await draw(0, { ...fresh, except: [0] });
      await silence(30);
      expect(await next(7)).toBe(null);
      await silence(90);
      await renewLeases(place, [taken]);
      expect(await next(7)).toBe(null);
      await silence(90);
      expect(await next(7, { except: [0] })).toBe(null);
      expect(await next(7)).toMatchObject({ partitionNo: 0, attempt: 2 });
      await silence(90);
      await renewLeases(place, [taken]);
      expect(await next(8)).toMatchObject({ partitionNo: 0, attempt: 3 });
    });

    it('passes over one that a dead process has locked, and waits for it where nothing else is left', async () => {
      const dead = await place.pool.getConnection();
      await dead.beginTransaction();
      await dead.query(
        `UPDATE ${database.systemSchema}.partitions SET state = 'running' WHERE selection_id = ? AND partition_no = 0`,
        [place.names.id],
      );
      expect(await next(0)).toMatchObject({ partitionNo: 1 });
      const waiting = next(0, { except: [1] });
      await dead.rollback();
      dead.release();
      expect(await waiting).toMatchObject({ partitionNo: 0, attempt: 1 });
    });

    it('gives anyone those that were left open, and those with rows left, once they are released', async () => {
      await write(0, [1, 2, 3].map(done));
      await draw(5);
      await releasePartitions(place);
      expect([await next(1), await next(2), await next(3)]).toEqual([
        expect.objectContaining({ partitionNo: 0, attempt: 2, hasRowsLeft: true }),
        expect.objectContaining({ partitionNo: 1, attempt: 2, hasRowsLeft: true }),
        null,
      ]);
    });
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
