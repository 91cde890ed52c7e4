/** Draws the scenes on which the model is trained and measured: `node models/demo/draw-datasets.ts <folder>`. */
import path from 'node:path';
import { type DatasetWish, drawDataset } from '../../src/demo/scenes/dataset.ts';

const datasets: Readonly<Record<string, DatasetWish>> = {
  new: { count: 400, firstSeed: 2_000_000, styles: ['fluent', 'noto'], width: 640 },
  unseen: { count: 400, firstSeed: 3_000_000, styles: ['noto-v1'], width: 640 },
  train: { count: 7000, firstSeed: 0, styles: ['fluent', 'noto'], width: 320 },
};

const [, , root = '.millrace/demo-model'] = process.argv;
for (const [name, wish] of Object.entries(datasets)) {
  await drawDataset(path.join(root, name), wish, (done, total) => {
    if (done % 100 === 0) process.stdout.write(`${name} ${done}/${total}\n`);
  });
}
