import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, ResidentTrainer, type UnitDone } from '../../src/worker/train/resident-trainer.ts';
import { runTrainer } from '../../src/worker/train/run-trainer.ts';
import { writeWaves } from './synthetic-rows.ts';

/** Validation errors (1 − accuracy) of one model after the same number of epochs over the same rows. */
export interface Errors {
  readonly sequential: number;
  readonly hopping: number;
  readonly averaging: number;
}

const [shards, epochs, rows] = [8, 8, 16_000] as const;

const attributes = {
  'model.hidden_units': [32, 16],
  'model.optimizer': 'Adam',
  'optimizer.learning_rate': 0.003,
  'train.batch_size': 64,
};

/** Figure 9A: eight shards of synthetic data, trained by the real trainer in three ways. */
export async function compareLearning(python: string): Promise<Errors> {
  const folders = [];
  try {
    const whole = await prepare(python, 1);
    const split = await prepare(python, shards);
    folders.push(whole, split);
    const sequential = await errorOf(python, whole, (trainer) => visitAll(trainer, 1));
    const hopping = await errorOf(python, split, (trainer) => visitAll(trainer, shards));
    const averaging = await errorOf(python, split, (trainer) => averageAll(trainer, split));
    return { sequential, hopping, averaging };
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true });
  }
}

/** @returns the folder of a search over synthetic rows */
async function prepare(python: string, parts: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-learning-'));
  await writeWaves(join(folder, 'data/train'), rows, 1);
  await writeWaves(join(folder, 'data/validation'), rows / 4, 2);
  const job = { version: 1, estimator: 'DNNClassifier', attributes, features: null, label: 'y', seed: 1, threads: 1 };
  const write = (task: string, others: object) =>
    writeFile(join(folder, 'job.json'), JSON.stringify({ ...job, from: null, task, ...others }));
  await write('fit', { shards: parts });
  await runTrainer({ python, folder, signal: new AbortController().signal });
  await rename(join(folder, 'out/fit.json'), join(folder, 'fit.json'));
  for (let shard = 0; shard < parts; shard++)
    await rename(join(folder, `out/data/shard${shard}`), join(folder, `data/shard${shard}`));
  await mkdir(join(folder, 'checkpoints'), { recursive: true });
  await write('hop', {});
  return folder;
}

async function errorOf(
  python: string,
  folder: string,
  train: (trainer: ResidentTrainer) => Promise<Checkpoint>,
): Promise<number> {
  const trainer = await ResidentTrainer.start({ python, folder });
  try {
    const { metrics } = await trainer.measure((await train(trainer)).name, attributes);
    return 1 - metrics.accuracy!;
  } finally {
    await trainer.close();
  }
}

/** Shard after shard, epoch after epoch. */
async function visitAll(trainer: ResidentTrainer, parts: number): Promise<Checkpoint> {
  let from: Checkpoint | null = null;
  for (let visit = 0; visit < parts * epochs; visit++) {
    const unit = { model: 0, epoch: Math.floor(visit / parts), shard: visit % parts, from, to: `v${visit}` };
    const { to }: UnitDone = await trainer.train({ ...unit, attributes });
    from = to;
  }
  return from!;
}

/** All shards at once from the same state; an epoch ends with the mean of the states. */
async function averageAll(trainer: ResidentTrainer, folder: string): Promise<Checkpoint> {
  let from: Checkpoint | null = null;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const states: Checkpoint[] = [];
    for (let shard = 0; shard < shards; shard++) {
      const unit = { model: 0, epoch, shard, from, to: `a${epoch}.${shard}` };
      states.push((await trainer.train({ ...unit, attributes })).to);
    }
    from = await average(join(folder, 'checkpoints'), states, `average${epoch}`);
  }
  return from!;
}

/** A checkpoint is a line of JSON with names, types and shapes, then the arrays (trainer/millrace_trainer/checkpoint.py). */
async function average(folder: string, states: readonly Checkpoint[], name: string): Promise<Checkpoint> {
  const files = await Promise.all(states.map((state) => readFile(join(folder, state.name))));
  const mean = Buffer.from(files[0]!);
  const end = mean.indexOf(0x0a);
  const { arrays } = JSON.parse(mean.subarray(0, end).toString()) as { arrays: [string, string, number[]][] };
  let at = end + 1;
  for (const [, type, shape] of arrays) {
    const size = type === '<f4' ? 4 : 8;
    const count = shape.reduce((product, side) => product * side, 1);
    for (let index = 0; index < count; index++, at += size) {
      if (type === '<f4')
        mean.writeFloatLE(
          meanOf(files, (file) => file.readFloatLE(at)),
          at,
        );
      else if (type === '<f8')
        mean.writeDoubleLE(
          meanOf(files, (file) => file.readDoubleLE(at)),
          at,
        );
    }
  }
  await writeFile(join(folder, name), mean);
  return { name, sha256: createHash('sha256').update(mean).digest('hex') };
}

const meanOf = (files: readonly Buffer[], read: (file: Buffer) => number) =>
  files.reduce((sum, file) => sum + read(file), 0) / files.length;
