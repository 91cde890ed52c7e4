import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { purge } from '../../src/ledger/purge.ts';
import { type LedgerReading, openLedgerReader } from '../../src/server/metrics/ledger-reader.ts';
import { servers, useDatabase } from '../database.ts';
import { storedStatements } from './stored-statements.ts';

const noAnswers = { stored: 0, reused: 0 };
const nothing = {
  done: 0,
  failed: 0,
  outputs: 0,
  retries: 0,
  decodeMs: 0,
  inferMs: 0,
  writeMs: 0,
  asked: 0,
  reused: 0,
};

describe.each(servers)('the reading of statements on $name', (server) => {
  const database = useDatabase(server);
  const stored = storedStatements(database);
  const openReader = () => openLedgerReader(database.pool, database.systemSchema);
  beforeEach(() => migrate(database.pool, database.systemSchema));
  afterEach(async () => {
    vi.useRealTimers();
    for (const name of [
      'statements',
      'transitions',
      'selections',
      'partitions',
      'model_counts',
      'purged_ends',
      'purged_work',
    ]) {
      await stored.query(`DELETE FROM ${stored.table(name)}`);
    }
  });

  it('is empty if there are none', async () => {
    const read = openReader();
    expect(await read()).toEqual({
      ended: [],
      phases: [],
      work: nothing,
      answers: noAnswers,
      statements: [],
      partitions: [],
      models: [],
      trainings: [],
    });
    expect(await read()).toEqual({
      ended: [],
      phases: [],
      work: nothing,
      answers: noAnswers,
      statements: [],
      partitions: [],
      models: [],
      trainings: [],
    });
  });

  it('counts each end once, on every replica, also on one that starts later', async () => {
    const first = openReader();
    await first();
    const [run, program] = [await stored.add(['run']), await stored.add(['sql', 'run'])];
    for (const id of [run, program]) await stored.move(id, 'running');
    expect((await first()).ended).toEqual([]);
    await stored.move(run, 'succeeded');
    await stored.move(program, 'failed');
    const second = openReader();
    expect(ends(await first())).toEqual(['program failed 1', 'run succeeded 1']);
    expect(ends(await second())).toEqual(['program failed 1', 'run succeeded 1']);
    expect(ends(await first())).toEqual([]);
    await stored.move(program, 'running');
    await stored.move(program, 'failed');
    expect(ends(await first())).toEqual(['program failed 1']);
    expect(ends(await second())).toEqual(['program failed 1']);
    expect(ends(await openReader()())).toEqual(['program failed 2', 'run succeeded 1']);
  });

  it('times the phases that have ended since the last reading', async () => {
    const read = openReader();
    const id = await stored.add(['sql']);
    await read();
    await stored.move(id, 'running');
    const [queue, ...others] = (await read()).phases;
    expect([queue?.phase, others]).toEqual(['queue', []]);
    expect(queue?.seconds).toBeGreaterThan(0);
    await stored.move(id, 'succeeded');
    expect((await read()).phases.map(({ phase }) => phase)).toEqual(['run']);
  });

  it('does not miss a transition that is committed after one with a higher number', async () => {
    const read = openReader();
    await read();
    const [late, early] = [await stored.add(['sql']), await stored.add(['sql'])];
    const connection = await database.pool.getConnection();
    await connection.beginTransaction();
    await connection.query(
      `INSERT INTO ${stored.table('transitions')} (statement_id, state, at) VALUES (?, 'failed', NOW(6))`,
      [late],
    );
    await stored.move(early, 'succeeded');
    expect(ends(await read())).toEqual(['sql succeeded 1']);
    await connection.commit();
    connection.release();
    expect(ends(await read())).toEqual(['sql failed 1']);
  });

  it("adds what workers have done since the last reading, and everything in a replica's first reading", async () => {
    const read = openReader();
    await read();
    const selection = await stored.select(await stored.add(['run'], 'running'), 3);
    await stored.work(selection, { done: 4, failed: 1 });
    await stored.ask(selection, 3, 1);
    const work = { done: 4, failed: 1, outputs: 8, retries: 0, decodeMs: 100, inferMs: 250, writeMs: 50 };
    expect((await read()).work).toEqual({ ...work, asked: 3, reused: 1 });
    expect((await read()).work).toEqual(nothing);
    await stored.work(selection, { done: 2, attempt: 3 });
    await stored.ask(selection, 7, 2);
    expect((await read()).work).toMatchObject({ done: 2, failed: 0, outputs: 4, retries: 2, asked: 4, reused: 1 });
    expect((await openReader()()).work).toMatchObject({ done: 6, failed: 1, outputs: 12, retries: 2, inferMs: 500 });
  });

  it('continues counting if a statement is retried that ended before the replica started', async () => {
    const id = await stored.add(['run'], 'running');
    const selection = await stored.select(id, 1);
    await stored.work(selection, { done: 5, failed: 2 });
    await stored.move(id, 'failed');
    const read = openReader();
    expect((await read()).work).toMatchObject({ done: 5, failed: 2 });
    // What `prepare` does to give failed rows another chance.
    await stored.query(
      `UPDATE ${stored.table('partitions')} SET done_rows = done_rows - failed_rows, failed_rows = 0 WHERE selection_id = ?`,
      [selection],
    );
    await stored.move(id, 'running');
    expect((await read()).work).toMatchObject({ done: 0, failed: 0 });
    await stored.work(selection, { done: 2, attempt: 2 });
    expect((await read()).work).toMatchObject({ done: 2, failed: 0, retries: 1 });
  });

  it('includes a statement for a minute after its end, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const read = openReader();
    const id = await stored.add(['run'], 'running');
    expect((await read()).statements).toMatchObject([
      { id, state: 'running', steps: [{ name: 'step-1', kind: 'run' }] },
    ]);
    await stored.move(id, 'succeeded');
    expect((await read()).statements).toMatchObject([{ id, state: 'succeeded' }]);
    vi.setSystemTime(Date.now() + 59_000);
    expect((await read()).statements.length).toBe(1);
    vi.setSystemTime(Date.now() + 1000);
    await read();
    expect((await read()).statements).toEqual([]);
  });

  it('names who has to act on a failure, on every replica', async () => {
    const early = openReader();
    await early();
    for (const code of ['QUERY_FAILED', 'ROWS_FAILED', 'DATABASE_FULL', 'ROWS_FAILED'] as const)
      await stored.move(await stored.add(['sql'], 'running'), 'failed', code);
    const told = (reading: LedgerReading) => {
      const counts = Map.groupBy(reading.ended, ({ error }) => error);
      return [...counts].map(([error, ended]) => [error, ended.reduce((sum, { count }) => sum + count, 0)]).toSorted();
    };
    const expected = [
      ['database', 1],
      ['run', 2],
      ['statement', 1],
    ];
    expect(told(await early())).toEqual(expected);
    expect(told(await openReader()())).toEqual(expected);
  });

  it('counts purged statements as before, however often and by whomever they are purged', async () => {
    for (const purgeTime of [1, 2]) {
      for (const state of ['succeeded', 'failed', 'failed'] as const) {
        const id = await stored.add(['run'], 'running');
        const selection = await stored.select(id, 2);
        await stored.work(selection, { done: 5, failed: 1, attempt: 2 });
        await stored.ask(selection, 4, 3);
        await stored.move(id, 'interrupted');
        await stored.move(id, state, 'ROWS_FAILED');
        await stored.query(`UPDATE ${stored.table('statements')} SET finished_at = NOW(6) WHERE id = ?`, [id]);
      }
      const before = await openReader()();
      const purges = [1, 2, 3].map(() => purge(database.pool, database.systemSchema, '2100-01-01 00:00:00'));
      const ended = await Promise.allSettled(purges);
      expect(ended.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
      await purge(database.pool, database.systemSchema, '2100-01-01 00:00:00');
      const [left] = await stored.query(`SELECT 1 FROM ${stored.table('partitions')}`);
      expect(left).toEqual([]);
      const after = await openReader()();
      expect(ends(after)).toEqual(ends(before));
      expect(ends(after)).toEqual([
        `run failed ${2 * purgeTime}`,
        `run interrupted ${3 * purgeTime}`,
        `run succeeded ${purgeTime}`,
      ]);
      expect(after.work).toEqual(before.work);
      expect(after.work).toMatchObject({ done: 15 * purgeTime, failed: 3 * purgeTime, retries: 3 * purgeTime });
      expect(after.work).toMatchObject({ asked: 12 * purgeTime, reused: 9 * purgeTime });
    }
  });

  it('continues when statements are deleted', async () => {
    const read = openReader();
    const id = await stored.add(['run'], 'running');
    await stored.work(await stored.select(id, 1), { done: 5 });
    await read();
    for (const name of ['statements', 'transitions', 'selections', 'partitions']) {
      await stored.query(`DELETE FROM ${stored.table(name)}`);
    }
    expect(await read()).toMatchObject({
      ended: [],
      phases: [],
      work: nothing,
      answers: noAnswers,
      statements: [],
      partitions: [],
      models: [],
    });
    await stored.move(await stored.add(['sql'], 'running'), 'succeeded');
    expect(ends(await read())).toEqual(['sql succeeded 1']);
  });

  it('reports why it could not read, and continues afterwards', async () => {
    const read = openReader();
    await read();
    await stored.query(`RENAME TABLE ${stored.table('partitions')} TO ${stored.table('away')}`);
    const id = await stored.add(['run'], 'running');
    await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/^QUERY|^DATABASE/) });
    await stored.query(`RENAME TABLE ${stored.table('away')} TO ${stored.table('partitions')}`);
    await stored.move(id, 'cancelled');
    expect(ends(await read())).toEqual(['run cancelled 1']);
  });
});

/** How often which came, by verb and state. */
function ends({ ended }: LedgerReading): readonly string[] {
  const counts = Map.groupBy(ended, ({ verb, state }) => `${verb} ${state}`);
  return [...counts].map(([end, all]) => `${end} ${all.reduce((sum, { count }) => sum + count, 0)}`).toSorted();
}
