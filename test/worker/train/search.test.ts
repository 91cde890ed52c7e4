import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeClicks } from '../../../bench/hopping/synthetic-rows.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import type { SearchProgress } from '../../../src/ledger/search-progress.ts';
import { hopShare, readVisits } from '../../../src/ledger/trial-visits.ts';
import { readTrials } from '../../../src/ledger/trials.ts';
import type { Search } from '../../../src/programs/search/search.ts';
import { clearSearch, finishSearch } from '../../../src/worker/train/search/finish-search.ts';
import { prepareSearch } from '../../../src/worker/train/search/prepare-search.ts';
import { openRunner, runSearch } from '../../../src/worker/train/search/run-search.ts';
import type { SearchRun } from '../../../src/worker/train/search/search-run.ts';
import { workOnTrials } from '../../../src/worker/train/search/search-worker.ts';
import { storedFiles, storePrepared } from '../../../src/worker/train/search/stored-files.ts';
import { mariadb, useDatabase } from '../../database.ts';
import { hasPython, INSTALL_MS, trainerPython } from '../../trainer/python.ts';
import { replay } from './replay.ts';

const usual: Search = {
  ...{ driver: 'random', metric: 'valid_loss', trials: 4, seed: 1, eta: 2, workers: 2, shards: 2, mode: 'hop' },
  spaces: [
    {
      estimator: 'DNNClassifier',
      attributes: {},
      domains: {
        'model.hidden_units': { domain: 'choice', choices: [[16], [8, 4]] },
        'optimizer.learning_rate': { domain: 'loguniform', low: 0.001, high: 0.1 },
      },
    },
  ],
};

const trees: Search = {
  ...usual,
  ...{ mode: 'task', shards: 1, metric: 'auc' },
  spaces: [
    {
      estimator: 'xgboost.gbtree',
      attributes: { objective: 'binary:logistic' },
      domains: {
        max_depth: { domain: 'int', low: 1, high: 4, step: 3 },
        eta: { domain: 'choice', choices: [0.1, 0.5] },
      },
    },
  ],
};

describe.skipIf(!hasPython)('A model search', { timeout: 300_000 }, () => {
  const database = useDatabase(mariadb);
  let python: string;
  const folders: string[] = [];
  beforeAll(async () => {
    python = await trainerPython();
    await migrate(database.pool, database.systemSchema);
  }, INSTALL_MS);
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  let number = 0;
  beforeEach(() => {
    number += 1;
  });

  async function prepared(search: Partial<Search>, statement = `search-${number}`): Promise<SearchRun> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-search-'));
    folders.push(folder);
    await writeClicks(join(folder, 'data/train'), 1000, 1);
    await writeClicks(join(folder, 'data/validation'), 500, 2);
    return {
      place: { pool: database.pool, schema: database.systemSchema, statement, step: 'step-1' },
      search: { ...usual, ...search },
      job: { attributes: { 'train.epoch': 3 }, features: null, label: 'click', seed: 1, threads: 1 },
      ...{ folder, python, signal: new AbortController().signal },
    };
  }

  it('lets models hop from shard to shard, equal to a sequential replay to the bit, and leaves the best one', async () => {
    const run = await prepared({});
    const progress: SearchProgress[] = [];
    const best = await runSearch(run, (each) => void progress.push(each));
    const [trials, visits] = [await readTrials(run.place), await readVisits(run.place)];
    expect(trials.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done']);
    expect(visits).toHaveLength(4 * 3 * 2);
    expect(new Set(visits.map(({ worker }) => worker)).size).toBe(2);
    expect(Math.min(...trials.map(({ loss }) => loss!))).toBe(best.loss);
    expect(progress.at(-1)).toMatchObject({ unitsDone: 24, unitsDue: 24, bestLoss: best.loss });
    expect((await readdir(run.folder)).sort()).toEqual(['data', 'out', 'prepared']);
    const report = JSON.parse(await readFile(join(run.folder, 'out/report.json'), 'utf8'));
    expect(report.curve).toHaveLength(3);
    expect(report.curve[report.best - 1].valid_loss).toBe(best.loss);
    expect(Math.min(...report.curve.map((epoch: { valid_loss: number }) => epoch.valid_loss))).toBe(best.loss);
    expect(hopShare(visits)).toBeGreaterThan(0);
    expect(hopShare(visits)).toBeLessThan(1);
    const again = await prepared({}, `replay-${number}`);
    expect(await replay(again, trials, visits)).toEqual(visits.map(({ digestOut }) => digestOut));
  });

  it('trains models in rounds, or without keeping rows in memory, equal to a sequential replay to the bit', async () => {
    const run = await prepared({ scheduler: 'sync', cache: false });
    await runSearch(run);
    const [trials, visits] = [await readTrials(run.place), await readVisits(run.place)];
    expect(visits).toHaveLength(4 * 3 * 2);
    // Each model starts on a shard of its own, and goes on to the next one.
    for (const { trial, unit, shard } of visits) expect(shard).toBe((trial + unit) % 2);
    expect(visits.every(({ parts }) => parts!.rows > 0)).toBe(true);
    const kept = await prepared({ scheduler: 'sync' }, `kept-${number}`);
    await runSearch(kept);
    const same = await readVisits(kept.place);
    expect(same.map(({ digestOut }) => digestOut)).toEqual(visits.map(({ digestOut }) => digestOut));
    expect(same.filter(({ parts }) => parts!.rows > 0).length).toBeLessThan(same.length / 2);
    const again = await prepared({}, `replay-${number}`);
    expect(await replay(again, trials, visits)).toEqual(visits.map(({ digestOut }) => digestOut));
  });

  it('draws each combination of a small space once at random, and ends with the last one', async () => {
    const domains = { 'train.batch_size': { domain: 'choice', choices: [32, 64, 128] } } as const;
    const run = await prepared({ driver: 'random', trials: 9, spaces: [{ ...usual.spaces[0]!, domains }] });
    await runSearch(run);
    const trials = await readTrials(run.place);
    expect(trials.map(({ parameters }) => parameters['train.batch_size'])).toEqual([32, 64, 128]);
    expect(trials.every(({ state }) => state === 'done')).toBe(true);
  });

  it('stops bad trials early with asha', async () => {
    const run = await prepared({ driver: 'asha', trials: 8 });
    await runSearch(run);
    const trials = await readTrials(run.place);
    expect(trials.filter(({ state }) => state === 'stopped').length).toBeGreaterThanOrEqual(4);
    expect(trials.filter(({ epochs }) => epochs === 3).length).toBeGreaterThanOrEqual(1);
    expect(trials.every(({ epochs }) => epochs >= 1)).toBe(true);
  });

  it('runs trees whole, by a grid and by tpe', async () => {
    const run = await prepared({ ...trees, driver: 'grid', trials: 4 });
    const best = await runSearch(run);
    const trials = await readTrials(run.place);
    expect(new Set(trials.map(({ parameters }) => JSON.stringify(parameters))).size).toBe(4);
    expect(best.loss).toBe(Math.min(...trials.map(({ loss }) => loss!)));
    expect(best.loss).toBeLessThan(-0.6);
    expect((await readdir(join(run.folder, 'out'))).sort()).toEqual(['model.onnx', 'report.json']);
    const tpe = await prepared({ ...trees, driver: 'tpe', trials: 3 }, `tpe-${number}`);
    await runSearch(tpe);
    expect(await readTrials(tpe.place)).toMatchObject(Array.from({ length: 3 }, () => ({ state: 'done' })));
  });

  it('goes on past trials that fail, and says why if all do', async () => {
    const diverging = {
      ...usual.spaces[0]!,
      attributes: { 'model.optimizer': 'SGD' },
      domains: { 'optimizer.learning_rate': { domain: 'choice', choices: [0.01, 100] } },
    } as const;
    const run = await prepared({ driver: 'grid', trials: 2, spaces: [diverging] });
    const best = await runSearch(run);
    expect(best.parameters).toMatchObject({ 'optimizer.learning_rate': 0.01 });
    const wrong = {
      ...diverging,
      attributes: {},
      domains: { 'model.hiden_units': { domain: 'choice', choices: [1] } },
    };
    const failing = await prepared(
      { ...trees, driver: 'grid', trials: 1, spaces: [wrong as never] },
      `wrong-${number}`,
    );
    await expect(runSearch(failing)).rejects.toMatchObject({
      code: 'SEARCH_FAILED',
      message: expect.stringContaining('model.hiden_units'),
    });
  });

  it.each([
    ['hop', {}, 4 * 3 * 2],
    ['run whole', { ...trees, driver: 'grid', trials: 4 } as const, 4],
  ])('runs on machines that share nothing but the database, if its models %s', async (_, search, units) => {
    const first = await prepared(search);
    await prepareSearch(first);
    await storePrepared(first.place, first.folder);
    await rm(join(first.folder, 'data'), { recursive: true });
    // Another one that was started in its stead leaves all as it is.
    await prepareSearch(await prepared(search));
    const machine = async () => {
      const run = await prepared(search);
      await rm(join(run.folder, 'data'), { recursive: true });
      return { run, files: storedFiles(run.place, run.folder) };
    };
    const work = async (worker: number) => {
      const { run, files } = await machine();
      await workOnTrials(run, { worker, runner: openRunner(run, files) });
    };
    await Promise.all([work(0), work(1)]);
    const visits = await readVisits(first.place);
    expect(visits).toHaveLength(units);
    expect(new Set(visits.map(({ worker }) => worker)).size).toBe(2);
    const last = await machine();
    await finishSearch(last.run, last.files);
    expect((await readdir(join(last.run.folder, 'out'))).sort()).toEqual(['model.onnx', 'report.json']);
    await clearSearch(last.run);
    const [files] = await database.pool.query(`SELECT 1 FROM ${database.systemSchema}.trial_files`);
    expect(files).toEqual([]);
    if (units === 4) return;
    const again = await prepared(search, `replay-${number}`);
    const trials = await readTrials(first.place);
    expect(await replay(again, trials, visits)).toEqual(visits.map(({ digestOut }) => digestOut));
  });

  it('that is aborted ends its trainers, and goes on later with what was committed', async () => {
    const run = await prepared({});
    const abort = new AbortController();
    const cut = runSearch({ ...run, signal: abort.signal }, ({ unitsDone }) => {
      if (unitsDone >= 3) abort.abort(new Error('cancelled'));
    });
    await expect(cut).rejects.toThrow('cancelled');
    const before = await readVisits(run.place);
    expect(before.length).toBeGreaterThanOrEqual(3);
    await runSearch(run);
    const visits = await readVisits(run.place);
    expect(visits).toHaveLength(24);
    expect(visits).toEqual(expect.arrayContaining([...before]));
  });
});
