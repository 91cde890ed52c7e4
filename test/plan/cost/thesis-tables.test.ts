import { expect, it } from 'vitest';
import { chooseShape } from '../../../src/plan/cost/choose-shape.ts';
import { fittingInto, runSeconds } from '../../../src/plan/cost/run-time.ts';

// The runs of the thesis's Tables 4.2 and 4.3: 40,670 images on a GPU with 11,019 usable MiB. A partition needs 2133, 2512, 4869 or 8519
// MiB, which grows with the batch size; of the sizes only that of the best cell is known here, 64. The constants were fitted to the times
// that the thesis measured. Those times are not at hand: so this pins the prediction for each memory and power of two of partitions,
// and the cell that was measured to be the best, but not the mean error (7.6 % where the constants come from).
const cost = { startSeconds: 39.7, imageSeconds: 0.00732, contention: 2.98 };
const images = 40_670;
const usable = 11_019;
const memory = [2133, 2512, 4869, 8519];
const partitions = [1, 2, 4, 8, 16, 32];
/** In the order of their memory: the sizes themselves are not known. */
const batches = memory.map((mib, batch) => ({ batch, cost, fitting: fittingInto(usable, mib) }));

it('fits 5, 4, 2 and 1 partitions into the memory of the GPU', () => {
  expect(batches.map(({ fitting }) => fitting)).toEqual([5, 4, 2, 1]);
});

it('predicts the seconds of each cell', () => {
  const table = partitions.map((count) =>
    [count, ...batches.map(({ fitting }) => Math.round(runSeconds(cost, { images, partitions: count, fitting })))].join(
      ' ',
    ),
  );
  expect(table).toEqual([
    '1 1225 1225 1225 1225',
    '2 632 632 632 821',
    '4 336 336 450 678',
    '8 292 265 419 726',
    '16 303 289 522 988',
    '32 373 420 812 1596',
  ]);
});

it('finds the cell that was measured to be the best: 8 partitions, batch 64', () => {
  const best = chooseShape(batches, images, partitions);
  expect(best).toMatchObject({ partitions: 8, atOnce: 4 });
  expect(memory[best!.batch]).toBe(2512);
});
