import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/demo/scenes/random.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import { taskOf } from '../../src/plan/task-of.ts';
import type { RowsTask, WorkerCommand } from '../../src/task.ts';
import { mariadb, useDatabase } from '../database.ts';
import { runStep } from '../workflow/deployment.ts';
import { startWorker, type WorkerEnd } from './worker-run.ts';

/** More: `MILLRACE_PARTITIONS=10000 npx vitest run test/faults/partitions.test.ts` */
const partitions = Number(process.env.MILLRACE_PARTITIONS ?? 200);
const workers = 8;
const kills = 8;
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe(`${partitions} partitions on ${workers} processes, of which ${kills} are killed (MILLRACE_SEED=${seed})`, {
  timeout: 120_000 + partitions * 60,
}, () => {
  const database = useDatabase(mariadb);
  const query = async (sql: string, values: unknown[] = []): Promise<RowDataPacket[]> =>
    (await database.admin.query<RowDataPacket[]>(sql, values))[0];

  it('have each row once, and the dead cost only what they had open', async () => {
    const { name, systemSchema, pool } = database;
    await migrate(pool, systemSchema);
    await query(`CREATE TABLE ${name}.word (id INT PRIMARY KEY, word VARCHAR(60))`);
    const rows = Array.from({ length: partitions }, (_, id) => [id, `word ${id}`]);
    await query(`INSERT INTO ${name}.word VALUES ?`, [rows]);
    const task: RowsTask = {
      // Its program is not looked at.
      ...taskOf(crypto.randomUUID(), runStep()),
      select: `SELECT id, word FROM ${name}.word ORDER BY id`,
      into: { database: name, table: 'split' },
      partitions,
      workers,
    };
    expect(await run(task, 'prepare')).toBe('done');
    const random = createRandom(seed);
    const started = performance.now();
    let killed = 0;
    const untilDone = async (worker: number): Promise<void> => {
      const { pid, ended } = start(task, 'partitions', worker);
      if (killed < kills && random.chance(0.5)) {
        killed++;
        void sleep(random.between(500, 3000)).then(() => kill(pid));
      }
      if ((await ended) !== 'done') await untilDone(worker);
    };
    await Promise.all(Array.from({ length: workers }, (_, worker) => untilDone(worker)));
    const seconds = (performance.now() - started) / 1000;
    expect(await run(task, 'finish')).toBe('done');
    const { id } = selectionNames(task, systemSchema, true);
    const [counted] = await query(
      `SELECT COUNT(*) AS done, SUM(done_rows) AS \`rows\`, SUM(attempt) AS attempts, COUNT(DISTINCT worker_no) AS workers
       FROM ${systemSchema}.partitions WHERE selection_id = ? AND state = 'done'`,
      [id],
    );
    expect(counted).toMatchObject({ done: String(partitions), rows: String(partitions) });
    expect(Number(counted!.attempts)).toBeLessThanOrEqual(partitions + 3 * killed);
    const [ledger] = await query(
      `SELECT COUNT(*) AS n, COUNT(DISTINCT row_id) AS each_once FROM ${systemSchema}.ledger WHERE selection_id = ?`,
      [id],
    );
    expect(ledger).toEqual({ n: String(partitions), each_once: String(partitions) });
    console.info(`${JSON.stringify(counted)}, ${killed} killed, ${seconds.toFixed(1)} s, MILLRACE_SEED=${seed}`);
  });

  function start(task: RowsTask, command: WorkerCommand, worker = 0) {
    const faults = { dieAtWrite: null, writes: true, badRows: false, slowMs: 0 };
    return startWorker(database, { task, command, worker, clock: { shiftMs: 0, jumpMs: 0 }, faults });
  }

  function run(task: RowsTask, command: WorkerCommand): Promise<WorkerEnd> {
    return start(task, command).ended;
  }
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
