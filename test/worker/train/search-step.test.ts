import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../../src/ledger/migrate.ts';
import { readVersions } from '../../../src/ledger/registry.ts';
import { readTraining } from '../../../src/ledger/trainings.ts';
import { readVisits } from '../../../src/ledger/trial-visits.ts';
import { type TrainTask, taskVersion } from '../../../src/task.ts';
import { finishSearchStep, prepareSearchStep, workOnSearch } from '../../../src/worker/train/search-step.ts';
import type { TrainPlace } from '../../../src/worker/train/write-job.ts';
import { mariadb, useDatabase } from '../../database.ts';
import { useTrainer } from '../../engine/local/train/use-trainer.ts';
import { hasPython } from '../../trainer/python.ts';

describe.skipIf(!hasPython)('A search in pods of its own', { timeout: 240_000 }, () => {
  const database = useDatabase(mariadb);
  useTrainer('real');
  let folder: string;
  let before: string | undefined;
  beforeAll(async () => {
    await migrate(database.pool, database.systemSchema);
    await database.pool.query('CREATE TABLE point (id INT PRIMARY KEY, x DOUBLE, y DOUBLE, side INT)');
    const rows = Array.from({ length: 200 }, (_, id) => {
      const [x, y] = [Math.sin(id * 12.9), Math.cos(id * 78.2)];
      return [id, x, y, Number(x + y > 0)];
    });
    await database.pool.query('INSERT INTO point VALUES ?', [rows]);
  });
  // The folders of all pods: as they have different ones, none of them is asked for what another has left.
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-pods-'));
    before = process.env.MILLRACE_TRAINING_FOLDER;
    process.env.MILLRACE_TRAINING_FOLDER = folder;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.MILLRACE_TRAINING_FOLDER;
    else process.env.MILLRACE_TRAINING_FOLDER = before;
    await rm(folder, { recursive: true, force: true });
  });

  const emptyFolder = () => rm(join(folder), { recursive: true, force: true });
  const place = (): TrainPlace => ({
    pool: database.pool,
    users: database.pool,
    schema: database.systemSchema,
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
  });
  const taskOf = (statement: string, workers: number): TrainTask => ({
    ...{ kind: 'train', version: taskVersion, statement, step: 'step-1' },
    select: 'SELECT x, y, side FROM point WHERE id < 150',
    training: {
      estimator: 'DNNClassifier',
      attributes: { 'train.epoch': 2 },
      features: null,
      label: 'side',
      validation: 'SELECT x, y, side FROM point WHERE id >= 150',
      seed: 1,
      search: {
        ...{ driver: 'random', metric: 'valid_loss', trials: 3, seed: 1, eta: 3, workers, shards: 2, mode: 'hop' },
        spaces: [
          {
            estimator: 'DNNClassifier',
            attributes: {},
            domains: { 'optimizer.learning_rate': { domain: 'uniform', low: 0.01, high: 0.1 } },
          },
        ],
      },
      from: null,
      into: statement,
    },
    actor: { user: 'ada', isAdmin: false },
    threads: 1,
  });

  it('finds everything in the database, registers one version, and leaves nothing there', async () => {
    const task = taskOf('pods', 2);
    expect(await prepareSearchStep(task, place())).toEqual([0, 1]);
    await emptyFolder();
    // A pod that is started again changes nothing.
    expect(await prepareSearchStep(task, place())).toEqual([0, 1]);
    await emptyFolder();
    await workOnSearch(task, place(), 1);
    await emptyFolder();
    await workOnSearch(task, place(), 0);
    await emptyFolder();
    for (let attempt = 0; attempt < 2; attempt++) await finishSearchStep(task, place());
    const visits = await readVisits({ ...place(), statement: 'pods', step: 'step-1' });
    expect(visits).toHaveLength(3 * 2 * 2);
    expect(await readVersions(database.pool, database.systemSchema, ['pods'])).toHaveLength(1);
    const training = await readTraining(database.pool, database.systemSchema, task);
    expect(training!.report.took).toMatchObject({ isSearch: true, rows: 150, passes: 3 });
    expect(training!.report.took!.seconds).toBeGreaterThan(visits.reduce((sum, { seconds }) => sum + seconds, 0) / 2);
    const [files] = await database.pool.query(`SELECT 1 FROM ${database.systemSchema}.trial_files`);
    expect(files).toEqual([]);
    expect(await prepareSearchStep(task, place())).toEqual([]);
    await workOnSearch(task, place(), 0);
  });

  it('starts no more pods than there are trials', async () => {
    expect(await prepareSearchStep(taskOf('few', 8), place())).toEqual([0, 1, 2]);
    expect((await readdir(folder)).length).toBe(1);
  });

  it('ends with what is wrong with the rows', async () => {
    const task = taskOf('one class', 2);
    const select = 'SELECT x, y, side FROM point WHERE side = 1';
    await expect(prepareSearchStep({ ...task, select }, place())).rejects.toMatchObject({ code: 'TRAIN_ONE_CLASS' });
  });
});
