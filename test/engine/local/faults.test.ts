import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseDsn } from '../../../src/datasource/dsn.ts';
import { createRandom } from '../../../src/demo/scenes/random.ts';
import type { WorkerCommand } from '../../../src/task.ts';
import { mariadb, servers } from '../../database.ts';
import { slowRows } from '../../slow-rows.ts';
import { detect, ended, rowsDone, submit, type TestSession, useSession } from '../../use-session.ts';
import { type WorkerProcess, workersOf } from '../../workers.ts';

/** Repeat a run with MILLRACE_SEED=… */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));

const partitions = 20;

describe(`a statement whose workers are killed at random (MILLRACE_SEED=${seed})`, { timeout: 600_000 }, () => {
  const test = useSession(mariadb);

  it('ends with each row once and the same result as an undisturbed one', async () => {
    const rows = 10 * partitions;
    const lives: Record<WorkerCommand, number[]> = { prepare: [], partitions: [], finish: [] };
    const undisturbed = await submit(test.session, detect(rows, 'undisturbed', 'partitions = 2'));
    await withWorkers(ended(test.session, undisturbed), {
      ended: ({ command }, ms) => lives[command].push(ms),
    });

    const random = createRandom(seed);
    const killed = { prepare: 0, partitions: 0, finish: 0 };
    const most = { prepare: 1, partitions: 10, finish: 1 };
    // Two workers share all partitions, so each is killed early in its life, to be killed often. After a death without progress each
    // waits longer: `npm run test:faults` has many more.
    const early = 0.3 * mean(lives.partitions);
    const reach = { prepare: mean(lives.prepare), partitions: early, finish: mean(lives.finish) };
    const disturbed = await submit(
      test.session,
      detect(rows, 'disturbed', `partitions = ${partitions}, commit_rows = 3, retries = 100`),
    );
    const status = await withWorkers(ended(test.session, disturbed), {
      async began({ pid, command }) {
        await sleep(random.between(0, reach[command]));
        if (killed[command] === most[command]) return;
        if (kill(pid)) killed[command]++;
        // It ended sooner than the workers that were measured.
        else reach[command] *= 0.7;
      },
    });

    console.info(`killed: ${JSON.stringify(killed)} in ${rows} rows, MILLRACE_SEED=${seed}`);
    expect(killed.prepare + killed.partitions + killed.finish).toBeGreaterThanOrEqual(10);
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    await expectExact(test, disturbed, 'disturbed', rows);
    expect(await wholeTable(test, 'disturbed')).toEqual(await wholeTable(test, 'undisturbed'));
  });
});

describe.each(servers)('a statement whose connections are cut at random on $name', { timeout: 300_000 }, (server) => {
  const test = useSession(server);

  it('ends with each row once', async () => {
    const { admin, accounts } = test.database;
    const users = [accounts.dsn, accounts.systemDsn].map((dsn) => parseDsn(dsn).user);
    await slowRows(test.database, 0.3);
    const id = await submit(test.session, detect(40, 'cut', 'partitions = 2, commit_rows = 1, retries = 0'));
    const random = createRandom(seed);
    let over = false;
    const end = ended(test.session, id).finally(() => {
      over = true;
    });
    let cuts = 0;
    while (!over && cuts < 60) {
      const [sessions] = (await admin.query('SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER IN (?)', [
        users,
      ])) as unknown as [{ id: string }[]];
      if (sessions.length > 0) cuts += await killSession(test, random.pick(sessions).id);
      await sleep(random.between(0, 100));
    }
    expect(await end).toMatchObject({ state: 'succeeded', error: null });
    console.info(`${cuts} connections cut, MILLRACE_SEED=${seed}`);
    expect(cuts).toBeGreaterThanOrEqual(10);
    await expectExact(test, id, 'cut', 40);
  });
});

/** Each selected row is in the ledger once, counters and result agree with it, and nothing is left over. */
async function expectExact(test: TestSession, id: string, table: string, rows: number): Promise<void> {
  const { schema } = test.config;
  const ledger = await test.query(
    `SELECT row_id, outputs, error_code FROM ${schema}.ledger JOIN ${schema}.selections USING (selection_id)
     WHERE statement_id = ? ORDER BY row_id`,
    [id],
  );
  expect(ledger.map(({ row_id }) => Number(row_id))).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
  expect(ledger.filter(({ error_code }) => error_code !== null)).toEqual([]);
  const status = await test.session.engine.status(id);
  expect(rowsDone(status)).toBe(rows);
  const found = await test.query(`SELECT millrace_row, COUNT(*) AS outputs FROM ${table} GROUP BY 1 ORDER BY 1`);
  expect(found).toEqual(
    ledger
      .filter(({ outputs }) => outputs > 0)
      .map(({ row_id, outputs }) => ({ millrace_row: row_id, outputs: String(outputs) })),
  );
  expect(status.steps[0]?.partitions.reduce((sum, { outputs }) => sum + outputs, 0)).toBe(
    ledger.reduce((sum, { outputs }) => sum + outputs, 0),
  );
  const left = await test.query(
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME REGEXP '^(selection|result|replaced)_[0-9a-f]{32}$'",
    [schema],
  );
  expect(left).toEqual([]);
}

function wholeTable(test: TestSession, table: string): Promise<object[]> {
  return test.query(`SELECT millrace_row, t.* FROM ${table} AS t ORDER BY millrace_row, detection_no`);
}

/** Cuts a connection. @returns the number of connections cut: 0 if it had ended */
function killSession({ database }: TestSession, id: string): Promise<number> {
  return database.admin.query(`KILL ${id}`).then(
    () => 1,
    () => 0,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Witness {
  began?(worker: WorkerProcess): unknown;
  ended?(worker: WorkerProcess, ms: number): unknown;
}

/** Follows this process's workers until `work` ends. */
async function withWorkers<T>(work: Promise<T>, { began, ended }: Witness): Promise<T> {
  const seen = new Map<number, { readonly worker: WorkerProcess; readonly since: number }>();
  let over = false;
  work
    .catch(() => {})
    .then(() => {
      over = true;
    });
  while (!over) {
    const alive = await workersOf(process.pid);
    for (const worker of alive.filter(({ pid }) => !seen.has(pid))) {
      seen.set(worker.pid, { worker, since: performance.now() });
      began?.(worker);
    }
    for (const [pid, { worker, since }] of seen) {
      if (alive.some((other) => other.pid === pid)) continue;
      seen.delete(pid);
      ended?.(worker, performance.now() - since);
    }
    await sleep(30);
  }
  return work;
}

/** @returns whether the process still existed */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
