import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { withReconnect } from '../../src/datasource/pool.ts';
import { createRandom, type Random } from '../../src/demo/scenes/random.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import { taskOf } from '../../src/plan/task-of.ts';
import type { RowsTask, WorkerCommand } from '../../src/task.ts';
import type { AskedModel } from '../../src/worker/row-program.ts';
import { useDatabase } from '../database.ts';
import { useOwnServer } from '../own-server.ts';
import { runStep } from '../workflow/deployment.ts';
import { askedOf, outputsOf } from './stand-in-program.ts';
import { startWorker, type WorkerEnd, type WorkerRun } from './worker-run.ts';

/** Another run with the same: `npm run test:faults -- --seed=… --kills=…` */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env.MILLRACE_ROW_KILLS ?? 5);

describe(`rows whose workers and database are killed (--seed=${seed} --kills=${kills})`, {
  timeout: 120_000 + kills * 10_000,
}, () => {
  const server = useOwnServer();

  describe('on a database of their own', () => {
    const database = useDatabase(server);
    const counts: Record<string, number> = {};
    const count = (what: string) => {
      counts[what] = (counts[what] ?? 0) + 1;
    };
    const killed = () => (counts.killed ?? 0) + (counts.database ?? 0);
    const query = async (sql: string, values: unknown[] = []): Promise<RowDataPacket[]> =>
      withReconnect(async () => (await database.admin.query<RowDataPacket[]>(sql, values))[0]);

    it('are each written once, as in an undisturbed run, and leave nothing behind', async () => {
      await migrate(database.pool, database.systemSchema);
      await query(`CREATE TABLE ${database.name}.word (id INT PRIMARY KEY, word VARCHAR(60), camera VARCHAR(9))`);
      for (let round = 0; killed() < kills; round++) {
        await play(seed + round).catch((error) => {
          console.error(`repeat the round that failed: npm run test:faults -- --seed=${seed + round} --kills=1`);
          throw error;
        });
        if (round % 10 === 9) console.info(`${killed()} of ${kills} kills: ${JSON.stringify(counts)}`);
      }
      console.info(`${JSON.stringify(counts)}, --seed=${seed} --kills=${kills}`);
    });

    /** One statement, from its selection to its result. */
    async function play(roundSeed: number): Promise<void> {
      const random = createRandom(roundSeed);
      await renewSource(random);
      const task = randomTask(random, database.name, roundSeed);
      const names = selectionNames(task, database.systemSchema, true);
      const round = { task, random, badRows: random.chance(0.3) };
      const before = await rowsOf(task);
      let over = false;
      const disturbing = disturb(random, () => over);
      try {
        await finishAll(round, 'prepare');
        await query(
          `CREATE OR REPLACE TABLE ${database.name}.expected AS SELECT millrace_row, s.* FROM ${quoteTable(names.selection)} AS s`,
        );
        await runPartitions(round);
        if (round.badRows && (await hasFailures(names.id))) {
          expect(await finishAll(round, 'finish')).toBe('ROWS_FAILED');
          round.badRows = false;
          await finishAll(round, 'prepare');
          await runPartitions(round);
        }
        expect(await finishAll(round, 'finish')).toBe('done');
      } finally {
        over = true;
        await disturbing;
      }
      await expectExact(task, names.id, before);
      count(task.writeMode);
    }

    async function runPartitions(round: Round): Promise<void> {
      const workers = Array.from({ length: round.task.workers }, (_, worker) => finishAll(round, 'partitions', worker));
      await Promise.all(workers);
    }

    /** Starts it again until it has ended by itself. */
    async function finishAll(round: Round, command: WorkerCommand, worker = 0): Promise<WorkerEnd> {
      const { random } = round;
      for (;;) {
        const runs = [start(round, command, worker)];
        // As where an engine takes a worker for dead while it is only slow.
        if (command === 'partitions' && random.chance(0.3)) {
          await sleep(random.between(0, 400));
          runs.push(start(round, command, worker));
          count('twins');
        }
        const ends = await Promise.all(runs.map(async ({ ended }) => ended));
        for (const end of ends) count(end);
        expect([...expectedEnds, command === 'finish' ? 'ROWS_FAILED' : 'done']).toEqual(expect.arrayContaining(ends));
        // An engine restarts the processes that it knows.
        const end = ends.find((end) => end === 'done' || end === 'ROWS_FAILED');
        if (end !== undefined && ends.every((other) => other === end || other === 'PARTITION_TAKEN')) return end;
      }
    }

    const running = new Set<WorkerRun>();

    function start({ task, random, badRows }: Round, command: WorkerCommand, worker: number): WorkerRun {
      const dies = random.chance(0.8);
      const run = startWorker(database, {
        task,
        command,
        worker,
        clock: { shiftMs: random.pick([0, -3_600_000, 86_400_000]), jumpMs: random.pick([0, 60_000, -60_000]) },
        faults: {
          dieAtWrite: dies ? random.count(1, mostWrites(task, command)) : null,
          writes: random.chance(0.7),
          badRows,
          slowMs: random.pick([0, 10, 40]),
        },
      });
      running.add(run);
      void run.ended.finally(() => running.delete(run));
      return run;
    }

    /** Until the round is over: workers that stop and go on, connections that are cut, a database that dies, and a source that changes. */
    async function disturb(random: Random, over: () => boolean): Promise<void> {
      while (!over()) {
        await sleep(random.between(50, 800));
        await random.pick([
          stopWorker,
          stopWorker,
          cutConnection,
          cutConnection,
          changeSource,
          changeSource,
          shiftClock,
          killDatabase,
        ])(random);
      }
      await query(`SET GLOBAL init_connect = ''`);
    }

    async function stopWorker(random: Random): Promise<void> {
      if (running.size === 0) return;
      const { pid } = random.pick([...running]);
      if (!signal(pid, 'SIGSTOP')) return;
      await sleep(random.between(50, 1500));
      signal(pid, random.chance(0.75) ? 'SIGCONT' : 'SIGKILL');
      count('stopped');
    }

    async function cutConnection(random: Random): Promise<void> {
      const { accounts } = database;
      const users = [accounts.dsn, accounts.systemDsn!].map((dsn) => decodeURIComponent(new URL(dsn).username));
      const sessions = await query('SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER IN (?)', [users]);
      if (sessions.length === 0) return;
      await query(`KILL ${random.pick(sessions).id}`).catch(() => {});
      count('cut');
    }

    async function changeSource(random: Random): Promise<void> {
      const table = `${database.name}.word`;
      const id = random.count(1, 80);
      await query(`UPDATE ${table} SET word = ? WHERE id = ?`, [wordOf(random), id]);
      await query(`DELETE FROM ${table} WHERE id = ?`, [random.count(1, 80)]);
      await query(`INSERT IGNORE INTO ${table} VALUES (?, ?, 'late')`, [random.count(81, 200), wordOf(random)]);
      count('changed');
    }

    /** The clock of each new session, as far as the server lets us: it stands still at another time. */
    async function shiftClock(random: Random): Promise<void> {
      const seconds = random.pick([-86_400, -60, 60, 86_400]);
      await query(`SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP(SYSDATE()) + ${seconds}'`);
      count('clock');
    }

    async function killDatabase(random: Random): Promise<void> {
      if (!random.chance(0.3)) return;
      await server.killAndStart();
      count('database');
    }

    async function renewSource(random: Random): Promise<void> {
      const table = `${database.name}.word`;
      await query(`DELETE FROM ${table}`);
      const cameras = ['a', 'b', 'c', null];
      const rows = Array.from({ length: random.count(1, 80) }, (_, id) => [
        id + 1,
        wordOf(random),
        random.pick(cameras),
      ]);
      await query(`INSERT INTO ${table} VALUES ?`, [rows]);
    }

    async function rowsOf({ writeMode, into }: RowsTask): Promise<number> {
      if (writeMode !== 'append') return 0;
      const present = await query('SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?', [
        into!.database,
        into!.table,
      ]);
      if (present.length === 0) return 0;
      const [counted] = await query(`SELECT COUNT(*) AS n FROM ${quoteTable(into!)}`);
      return Number(counted?.n);
    }

    async function hasFailures(id: Buffer): Promise<boolean> {
      const ledger = `${database.systemSchema}.ledger`;
      return (
        (await query(`SELECT 1 FROM ${ledger} WHERE selection_id = ? AND error_code IS NOT NULL LIMIT 1`, [id]))
          .length > 0
      );
    }

    /** Each selected row once in ledger, counters and result, each of its questions once; no table, lock, session or process is left. */
    async function expectExact(task: RowsTask, id: Buffer, before: number): Promise<void> {
      const { systemSchema, name } = database;
      const expected = await query(`SELECT * FROM ${name}.expected ORDER BY millrace_row`);
      const ledger = await query(
        `SELECT row_id, outputs, error_code FROM ${systemSchema}.ledger WHERE selection_id = ? ORDER BY row_id`,
        [id],
      );
      expect(ledger).toEqual(
        expected.map(({ millrace_row, word }) => ({
          row_id: millrace_row,
          outputs: outputsOf(String(word)).length,
          error_code: null,
        })),
      );
      const found = await query(
        `SELECT millrace_row, t.* FROM ${quoteTable(task.into!)} AS t WHERE millrace_selection = ? ORDER BY millrace_row, number`,
        [id],
      );
      const wanted = expected.flatMap(({ millrace_row, id, word, camera }) =>
        outputsOf(String(word)).map(([letter, code, share], index) => {
          const rounded = Number(share.toFixed(3));
          return { millrace_row, id, word, camera, number: index + 1, letter, code, share: rounded };
        }),
      );
      expect(found).toEqual(wanted);
      const [all] = await query(`SELECT COUNT(*) AS n FROM ${quoteTable(task.into!)}`);
      expect(Number(all?.n)).toBe(before + wanted.length);
      const [counters] = await query(
        `SELECT COALESCE(SUM(done_rows), 0) AS done, COALESCE(SUM(failed_rows), 0) AS failed, COALESCE(SUM(outputs), 0) AS outputs
         FROM ${systemSchema}.partitions WHERE selection_id = ?`,
        [id],
      );
      expect(counters).toEqual({ done: String(expected.length), failed: '0', outputs: String(wanted.length) });
      const asked = expected.flatMap(({ word }) => askedOf(String(word)));
      const models = await query(
        `SELECT model_no AS model, SUM(asked) AS asked, SUM(decided) AS decided, SUM(reused) AS reused, SUM(infer_ms) AS inferMs
         FROM ${systemSchema}.model_counts WHERE selection_id = ? GROUP BY model_no ORDER BY model_no`,
        [id],
      );
      expect(models).toEqual(
        [0, 1, 2].flatMap((model) => {
          const own = asked.filter((each) => each.model === model);
          const count = (of: (each: AskedModel) => boolean) => String(own.filter(of).length);
          const inferMs = own.reduce((sum, each) => sum + each.inferMs, 0);
          const counts = { asked: count(() => true), decided: count(({ isLast }) => isLast) };
          return own.length === 0 ? [] : [{ model, ...counts, reused: count(({ isStored }) => isStored), inferMs }];
        }),
      );
      const left = await query(
        `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?)
         AND TABLE_NAME REGEXP '^(selection|result|replaced)_[0-9a-f]{32}$'`,
        [[systemSchema, `${systemSchema}_work`, name]],
      );
      expect(left).toEqual([]);
      expect(running.size).toBe(0);
      await expect
        .poll(() => query('SELECT trx_id FROM information_schema.INNODB_TRX'), { timeout: 20_000 })
        .toEqual([]);
    }
  });
});

interface Round {
  readonly task: RowsTask;
  readonly random: Random;
  badRows: boolean;
}

/** What a worker may end with while its database and its partition are taken from it. */
const expectedEnds: readonly WorkerEnd[] = [
  'done',
  'killed',
  'PARTITION_TAKEN',
  'DATABASE_UNREACHABLE',
  'DATABASE_BUSY',
];

function randomTask(random: Random, database: string, round: number): RowsTask {
  const writeMode = random.pick(['fail', 'append', 'overwrite'] as const);
  const table = writeMode === 'fail' ? `once_${round}_${Date.now()}` : `${writeMode}_words`;
  return {
    // Its program is not looked at.
    ...taskOf(crypto.randomUUID(), runStep()),
    select: `SELECT id, word, camera FROM ${database}.word ORDER BY id`,
    into: { database, table },
    writeMode,
    partitions: random.count(1, 6),
    workers: random.count(1, 3),
    partitionBy: random.chance(0.3) ? 'camera' : null,
    commitRows: random.pick([null, 1, 2, 3, 7]),
  };
}

/** About as many as it makes when it lives. */
function mostWrites({ commitRows, partitions, workers }: RowsTask, command: WorkerCommand): number {
  if (command === 'partitions') return 20 + Math.ceil((12 * partitions) / workers + (6 * 30) / (commitRows ?? 16));
  return command === 'prepare' ? 40 : 25;
}

function wordOf(random: Random): string {
  return Array.from({ length: random.count(1, 12) }, () => random.pick([...'abcäß"\\\'7🐈'])).join('');
}

/** Whether it was still there. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
