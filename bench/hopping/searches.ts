import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { readVisits } from '../../src/ledger/trial-visits.ts';
import { readTrials, type TrialPlace } from '../../src/ledger/trials.ts';
import type { Search } from '../../src/programs/search/search.ts';
import { runSearch } from '../../src/worker/train/search/run-search.ts';
import { writeClicks } from './synthetic-rows.ts';

const [rows, epochs, turns] = [4000, 9, 2] as const;

/** 32 combinations. */
const grid: Search = {
  ...{ driver: 'grid', metric: 'valid_loss', trials: 32, seed: 1, eta: 3, workers: 2, shards: 2, mode: 'hop' },
  spaces: [
    {
      estimator: 'DNNClassifier',
      attributes: { 'model.optimizer': 'Adam' },
      domains: {
        'model.hidden_units': { domain: 'choice', choices: [[32], [64, 32]] },
        'optimizer.learning_rate': { domain: 'choice', choices: [0.0001, 0.001, 0.01, 0.1] },
        'train.batch_size': { domain: 'choice', choices: [16, 32, 64, 128] },
      },
    },
  ],
};

export interface Searches {
  readonly gridUnits: number;
  readonly ashaUnits: number;
  /** Loss of the best trial on validation rows. */
  readonly gridLoss: number;
  readonly ashaLoss: number;
  readonly one: Busy;
  readonly two: Busy;
}

/** Of a search with some workers. */
export interface Busy {
  /** From the first claim to the last commit. */
  readonly seconds: number;
  /** Part of the workers' time that they are in units; the rest is claiming, committing, and waiting for a model. */
  readonly share: number;
  /** CPU seconds of all trainers. */
  readonly cpu: number;
}

/** Searches by the real trainer on synthetic clicks: ASHA against the full grid, and two workers against one, in turns. */
export async function compareSearches(python: string, dsn: string, schema: string): Promise<Searches> {
  const pool = openPool(parseDsn(dsn), { connections: 8 });
  try {
    await migrate(pool, schema);
    const run = (name: string, search: Search) =>
      measure(python, { pool, schema, statement: name, step: 'step-1' }, search);
    const whole = await run('grid', grid);
    const asha = await run('asha', { ...grid, driver: 'asha' });
    const few: Search = { ...grid, driver: 'random', trials: 8 };
    const [one, two]: [Busy[], Busy[]] = [[], []];
    for (let turn = 0; turn < turns; turn++) {
      one.push((await run(`one-${turn}`, { ...few, workers: 1 })).busy);
      two.push((await run(`two-${turn}`, few)).busy);
    }
    const best = (all: readonly Busy[]) => all.reduce((a, b) => (a.seconds < b.seconds ? a : b));
    return {
      ...{ gridUnits: whole.units, ashaUnits: asha.units, gridLoss: whole.loss, ashaLoss: asha.loss },
      ...{ one: best(one), two: best(two) },
    };
  } finally {
    await pool.end();
  }
}

async function measure(python: string, place: TrialPlace, search: Search) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-search-'));
  try {
    await writeClicks(join(folder, 'data/train'), rows, 1);
    await writeClicks(join(folder, 'data/validation'), rows / 2, 2);
    const job = { attributes: { 'train.epoch': epochs }, features: null, label: 'click', seed: 1, threads: 1 };
    const { signal } = new AbortController();
    let started = 0;
    const before = await childrenCpu();
    let ended = 0;
    const best = await runSearch({ place, search, job, folder, python, signal }, () => {
      ended = performance.now();
      if (started === 0) started = ended;
    });
    const visits = await readVisits(place);
    const seconds = (ended - started) / 1000;
    const inUnits = visits.slice(1).reduce((sum, visit) => sum + visit.seconds, 0);
    const busy = { seconds, share: inUnits / seconds / search.workers, cpu: (await childrenCpu()) - before };
    const units = (await readTrials(place)).reduce((sum, { unitsDone }) => sum + unitsDone, 0);
    return { units, loss: best.loss!, busy };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** CPU seconds of this process's ended children, as Linux counts them in hundredths: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function childrenCpu(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
