import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, ResidentTrainer } from '../../src/worker/train/resident-trainer.ts';
import { runTrainer } from '../../src/worker/train/run-trainer.ts';
import { writeColumns } from '../../src/worker/train/write-columns.ts';
import { mariadb, useDatabase } from '../database.ts';
import { hasPython, INSTALL_MS, trainerPython } from './python.ts';

const models = [{ 'model.hidden_units': [8], 'model.optimizer': 'Adam' }, { 'model.dropout': 0.2 }];
const SHARDS = 2;
const EPOCHS = 2;
const signal = new AbortController().signal;

describe.skipIf(!hasPython)('Resident trainers', () => {
  const database = useDatabase(mariadb);
  let python: string;
  let folder: string;
  beforeAll(async () => {
    python = await trainerPython();
  }, INSTALL_MS);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-hop-'));
    await database.pool.query('CREATE OR REPLACE TABLE points (id INT PRIMARY KEY, a DOUBLE, b DOUBLE, y INT)');
    const points = Array.from({ length: 400 }, (_, id) => [
      id,
      Math.sin(id),
      Math.cos(id * 3),
      Math.sin(id) > 0.2 ? 1 : 0,
    ]);
    await database.pool.query('INSERT INTO points VALUES ?', [points]);
    await search();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('do the same units with the same results, in any order, by any trainer, killed or not', {
    timeout: 120_000,
  }, async () => {
    const sequential = await ResidentTrainer.start({ python, folder });
    const expected: string[] = [];
    for (const model of models.keys()) {
      let from: Checkpoint | null = null;
      for (let visit = 0; visit < SHARDS * EPOCHS; visit++)
        from = await train(sequential, model, visit, from, 'sequential');
      expected.push(from!.sha256);
    }
    await sequential.close();
    const latest: (Checkpoint | null)[] = models.map(() => null);
    for (let visit = 0; visit < SHARDS * EPOCHS; visit++) {
      const trainer = await ResidentTrainer.start({ python, folder });
      const lost = train(trainer, 0, visit, latest[0]!, 'lost');
      lost.catch(() => {});
      const next = await ResidentTrainer.start({ python, folder });
      if (visit % 2 === 0) {
        await trainer.kill();
        await Promise.allSettled([lost]);
      }
      for (const model of [...models.keys()].toReversed()) {
        latest[model] = await train(next, model, visit, latest[model]!, 'hopping');
      }
      await Promise.all([trainer.close(), next.close()]);
    }
    expect(latest.map((checkpoint) => checkpoint?.sha256)).toEqual(expected);
    const last = await ResidentTrainer.start({ python, folder });
    expect(await last.measure(latest[0]!.name, models[0]!)).toMatchObject({
      metrics: { accuracy: expect.any(Number) },
    });
    await last.export(latest[0]!.name, models[0]!, EPOCHS);
    await last.close();
  });

  it('say what is wrong with a unit, and stay; and why they ended', { timeout: 120_000 }, async () => {
    const trainer = await ResidentTrainer.start({ python, folder });
    const unit = { model: 0, epoch: 0, shard: 0, from: null, to: 'm0' };
    const wrong = trainer.train({ ...unit, attributes: { 'model.hiden_units': [4] } });
    await expect(wrong).rejects.toMatchObject({
      code: 'TRAIN_ATTRIBUTE_UNKNOWN',
      hint: "did you mean 'model.hidden_units'?",
    });
    await expect(trainer.train({ ...unit, attributes: {} })).resolves.toMatchObject({ rows: 200 });
    const outside = trainer.train({ ...unit, attributes: {}, to: '../outside' });
    await expect(outside).rejects.toMatchObject({ code: 'TRAIN_DEFECT' });
    await expect(trainer.train({ ...unit, attributes: {} })).rejects.toMatchObject({ code: 'TRAIN_DEFECT' });
    await trainer.close();
    await writeFile(join(folder, 'job.json'), '{}');
    await expect(ResidentTrainer.start({ python, folder })).rejects.toMatchObject({ code: 'TRAIN_DEFECT' });
  });

  async function train(trainer: ResidentTrainer, model: number, visit: number, from: Checkpoint | null, run: string) {
    const shard = (visit + model) % SHARDS;
    const unit = { model, epoch: Math.floor(visit / SHARDS), shard, from, to: `${run}.m${model}.v${visit}` };
    return (await trainer.train({ ...unit, attributes: models[model]! })).to;
  }

  /** What a search's folder holds: learned once from all rows, then a folder for each shard. */
  async function search(): Promise<void> {
    const write = (where: string, name: string) =>
      writeColumns({
        pool: database.pool,
        selections: [{ sql: `SELECT a, b, y FROM points ${where}`, folder: join(folder, 'data', name) }],
        signal,
      });
    const job = (task: string) =>
      writeFile(
        join(folder, 'job.json'),
        JSON.stringify({
          version: 1,
          task,
          estimator: 'DNNClassifier',
          attributes: {},
          features: null,
          label: 'y',
          seed: 1,
          threads: 1,
          from: null,
        }),
      );
    await write('ORDER BY id', 'train');
    await job('fit');
    await runTrainer({ python, folder, signal });
    await rename(join(folder, 'out/fit.json'), join(folder, 'fit.json'));
    await rm(join(folder, 'out'), { recursive: true });
    for (let shard = 0; shard < SHARDS; shard++)
      await write(`WHERE id % ${SHARDS} = ${shard} ORDER BY id`, `shard${shard}`);
    await write('WHERE id % 5 = 0 ORDER BY id', 'validation');
    await mkdir(join(folder, 'checkpoints'), { recursive: true });
    await job('hop');
  }
});
