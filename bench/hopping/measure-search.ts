import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { hopShare, readVisits, type Visit } from '../../src/ledger/trial-visits.ts';
import { readTrials } from '../../src/ledger/trials.ts';
import type { Search } from '../../src/programs/search/search.ts';
import { prepareSearch } from '../../src/worker/train/search/prepare-search.ts';
import { runSearch } from '../../src/worker/train/search/run-search.ts';
import { writeClicks } from './synthetic-rows.ts';

/** Synthetic clicks, and how long models learn from them. */
export interface Clicks {
  readonly rows: number;
  readonly epochs: number;
  /** Of the rows and of the models. */
  readonly seed: number;
}

export interface MeasuredSearch {
  readonly units: number;
  /** Of the best trial after its best epoch, on validation rows. */
  readonly loss: number;
  /** Of the trial that is best after its last epoch. */
  readonly lastLoss: number;
  /** From the start of the trainers to the last commit. */
  readonly seconds: number;
  /** Part of the workers' time that they are in units; the rest is claiming, committing, and waiting for a model. */
  readonly share: number;
  /** Part of the units' time that moves models. */
  readonly hopShare: number;
  /** CPU seconds of all trainers. */
  readonly cpu: number;
}

/** Runs searches by the real trainer, one after the other. */
export interface Searches {
  measure(search: Search, clicks: Clicks): Promise<MeasuredSearch>;
  close(): Promise<void>;
}

export async function openSearches(python: string, dsn: string, schema: string): Promise<Searches> {
  const pool = openPool(parseDsn(dsn), { connections: 8 });
  await migrate(pool, schema);
  let count = 0;
  return {
    async measure(search, { rows, epochs, seed }) {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-search-'));
      try {
        const place = { pool, schema, statement: `search-${count++}`, step: 'step-1' };
        await writeClicks(join(folder, 'data/train'), rows, 10 * seed + 1);
        await writeClicks(join(folder, 'data/validation'), rows / 2, 10 * seed + 2);
        const job = { attributes: { 'train.epoch': epochs }, features: null, label: 'click', seed, threads: 1 };
        const { signal } = new AbortController();
        const run = { place, search, job, folder, python, signal };
        await prepareSearch(run);
        const [started, before] = [performance.now(), await childrenCpu()];
        let ended = started;
        const best = await runSearch(run, () => {
          ended = performance.now();
        });
        const visits = await readVisits(place);
        const seconds = (ended - started) / 1000;
        const inUnits = visits.reduce((sum, visit) => sum + visit.seconds, 0);
        return {
          units: (await readTrials(place)).reduce((sum, { unitsDone }) => sum + unitsDone, 0),
          ...{ loss: best.loss!, lastLoss: lastLoss(visits), seconds },
          share: inUnits / seconds / search.workers,
          hopShare: hopShare(visits)!,
          cpu: (await childrenCpu()) - before,
        };
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    close: () => pool.end(),
  };
}

function lastLoss(visits: readonly Visit[]): number {
  const measured = Map.groupBy(
    visits.filter(({ loss }) => loss !== null),
    ({ trial }) => trial,
  );
  return Math.min(...[...measured.values()].map((own) => own.at(-1)!.loss!));
}

/** CPU seconds of this process's ended children, as Linux counts them in hundredths: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function childrenCpu(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
