import { expect, it } from 'vitest';
import type { Inference } from '../../../src/worker/model/inference.ts';
import { withLatency } from '../../../src/worker/model/with-latency.ts';

/** A stand-in that answers at once. */
const inference: Inference = {
  device: 'cpu',
  batch: 2,
  notOnGpu: null,
  notEdited: null,
  threads: 1,
  infer: async () => ({ outputs: new Map(), inferMs: 1 }),
  close: async () => {},
};
const batch = { pixels: [new Uint8Array(new SharedArrayBuffer(1))], pictures: 2, size: { width: 1, height: 1 } };

it('a simulated model takes its latency for each image, also if several batches are asked for at once', async () => {
  const slow = withLatency(inference, 10);
  const begun = performance.now();
  const answers = await Promise.all([slow.infer(batch), slow.infer(batch), slow.infer(batch)]);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(59);
  expect(answers.map(({ inferMs }) => inferMs)).toEqual([20, 20, 20]);
});

it('a model without a latency is as fast as it is', () => {
  expect(withLatency(inference, null)).toBe(inference);
});
