import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeClicks } from '../../bench/hopping/synthetic-rows.ts';
import { withReconnect } from '../../src/datasource/pool.ts';
import { createRandom, type Random } from '../../src/demo/scenes/random.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { readVisits } from '../../src/ledger/trial-visits.ts';
import { readTrials, type TrialPlace } from '../../src/ledger/trials.ts';
import type { Search } from '../../src/programs/search/search.ts';
import { useDatabase } from '../database.ts';
import { useOwnServer } from '../own-server.ts';
import { hasPython, INSTALL_MS, trainerPython } from '../trainer/python.ts';
import { replay } from '../worker/train/replay.ts';
import type { GivenSearch } from './search-process.ts';

/** Another run with the same: `npm run test:faults -- --seed=… --kills=…` */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env.MILLRACE_SEARCH_KILLS ?? 3);

/** So many epochs that the search does not end before all kills have happened. */
const epochs = 9 + 8 * kills;
const shards = 2;

const search: Search = {
  ...{ driver: 'random', metric: 'valid_loss', trials: 4, seed: 1, eta: 2, workers: 2, shards, mode: 'hop' },
  spaces: [
    {
      estimator: 'DNNClassifier',
      attributes: { 'model.dropout': 0.1 },
      domains: {
        'model.optimizer': { domain: 'choice', choices: ['Adam', 'Adagrad', 'Momentum'] },
        'optimizer.learning_rate': { domain: 'loguniform', low: 0.0005, high: 0.01 },
      },
    },
  ],
};

describe.skipIf(!hasPython)(
  `a search whose trainers, engine and database are killed (--seed=${seed} --kills=${kills})`,
  {
    timeout: 300_000 + kills * 30_000,
  },
  () => {
    const server = useOwnServer();

    describe('on a database of its own', () => {
      const database = useDatabase(server);
      const folders: string[] = [];
      let python: string;
      beforeAll(async () => {
        python = await trainerPython();
      }, INSTALL_MS);
      afterAll(async () => {
        for (const folder of folders) await rm(folder, { recursive: true, force: true });
      });

      it('does every unit once, with the same bits as a sequential replay, and leaves no checkpoint', async () => {
        await migrate(database.pool, database.systemSchema);
        const random = createRandom(seed);
        const given = await prepared('killed');
        const place: TrialPlace = { pool: database.pool, schema: given.schema, statement: 'killed', step: 'step-1' };
        const counts = { trainer: 0, engine: 0, database: 0 };
        let process = start(given);
        let killed = 0;
        for (;;) {
          await Promise.race([process.ended, sleep(random.between(200, 1500))]);
          if (process.child.exitCode === 0) break;
          if (process.child.exitCode !== null || process.child.signalCode !== null) {
            expect(process.child.signalCode).toBe('SIGKILL');
            process = start(given);
            continue;
          }
          if (killed >= kills) continue;
          const what = random.pick(['trainer', 'trainer', 'trainer', 'engine', 'engine', 'database'] as const);
          if (await kill(what, process.child, random)) {
            killed += 1;
            counts[what] += 1;
          }
        }
        console.info(`${JSON.stringify(counts)} of ${kills} kills, --seed=${seed} --kills=${kills}`);
        expect(killed).toBe(kills);
        const [trials, visits] = await withReconnect(
          async () => [await readTrials(place), await readVisits(place)] as const,
        );
        expect(trials.map(({ state, error }) => [state, error])).toEqual(trials.map(() => ['done', null]));
        const units = visits.map(({ trial, epoch, shard }) => `${trial}/${epoch}/${shard}`);
        expect(new Set(units).size).toBe(search.trials * epochs * shards);
        expect(units).toHaveLength(search.trials * epochs * shards);
        const again = { ...(await prepared('replay')), place: { ...place, statement: 'replay' } };
        const digests = await replay({ ...again, signal: new AbortController().signal }, trials, visits);
        expect(digests).toEqual(visits.map(({ digestOut }) => digestOut));
        expect((await readdir(given.folder)).sort()).toEqual(['data', 'out', 'prepared']);
        const [files] = await database.admin.query<RowDataPacket[]>(
          `SELECT COUNT(*) AS n FROM ${database.systemSchema}.trial_files`,
        );
        expect(Number(files[0]!.n)).toBe(0);
      });

      async function prepared(statement: string): Promise<GivenSearch> {
        const folder = await mkdtemp(join(tmpdir(), 'millrace-search-'));
        folders.push(folder);
        await writeClicks(join(folder, 'data/train'), 3000, 1);
        await writeClicks(join(folder, 'data/validation'), 500, 2);
        const job = { attributes: { 'train.epoch': epochs }, features: null, label: 'click', seed: 1, threads: 1 };
        return { dsn: database.dsn, schema: database.systemSchema, statement, folder, python, search, job };
      }

      async function kill(
        what: 'trainer' | 'engine' | 'database',
        child: ChildProcess,
        random: Random,
      ): Promise<boolean> {
        if (what === 'database') await server.killAndStart();
        else if (what === 'engine') child.kill('SIGKILL');
        else {
          const trainers = await childrenOf(child.pid!);
          if (trainers.length === 0) return false;
          return signalled(random.pick(trainers));
        }
        return true;
      }
    });
  },
);

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

function start(given: GivenSearch): Running {
  const file = fileURLToPath(new URL('search-process.ts', import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, MILLRACE_SEARCH: JSON.stringify(given) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return { child, ended: new Promise((resolve) => child.once('close', () => resolve())) };
}

/** Processes of a process, as Linux lists them. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return listed.split(' ').filter(Boolean).map(Number);
}

function signalled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
