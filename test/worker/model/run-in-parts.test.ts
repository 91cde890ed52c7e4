import { expect, it } from 'vitest';
import { MillraceError } from '../../../src/errors.ts';
import type { Outputs } from '../../../src/worker/model/model.ts';
import { runInParts } from '../../../src/worker/model/run-in-parts.ts';

/** Stands for a GPU's session: answers with the first byte of each picture, `rows` times. */
function session(largest: number, reason = 'CUDA failure 2: out of memory', rows = () => 2) {
  const runs: number[] = [];
  const run = async (pixels: Uint8Array, pictures: number): Promise<Outputs> => {
    runs.push(pictures);
    if (pictures > largest) {
      const cause = new Error(`Non-zero status code returned: ${reason}`);
      throw new MillraceError('INFERENCE_FAILED', 'the runtime fails', { cause });
    }
    const length = pixels.length / pictures;
    const count = rows();
    const data = Float32Array.from({ length: pictures * count }, (_, at) => pixels[Math.floor(at / count) * length]!);
    return new Map([['boxes', { data, dims: [pictures, count] }]]);
  };
  return { run, runs };
}

const pixels = Uint8Array.from({ length: 16 * 3 }, (_, at) => Math.floor(at / 3));
const whole = { data: Float32Array.from({ length: 32 }, (_, at) => Math.floor(at / 2)), dims: [16, 2] };

it.each([
  'CUDA failure 2: out of memory',
  'CUDNN_STATUS_ALLOC_FAILED',
  'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED',
  'Failed to allocate memory for requested buffer of size 52428800',
])('a batch too large for the memory is halved until it fits, and stays so: %s', async (reason) => {
  const { run, runs } = session(5, reason);
  const told: number[] = [];
  const inParts = runInParts(run, (pictures) => told.push(pictures));
  expect((await inParts(pixels, 16)).get('boxes')).toEqual(whole);
  expect([runs.splice(0), told]).toEqual([
    [16, 8, 4, 4, 4, 4],
    [8, 4],
  ]);
  expect((await inParts(pixels, 16)).get('boxes')).toEqual(whole);
  expect([runs, told]).toEqual([
    [4, 4, 4, 4],
    [8, 4],
  ]);
});

it('a batch that fits is run at once', async () => {
  const { run, runs } = session(16);
  expect((await runInParts(run, () => {})(pixels, 16)).get('boxes')).toEqual(whole);
  expect(runs).toEqual([16]);
});

it('parts that were asked for different numbers of candidates are asked again', async () => {
  const answers = [1, 2];
  const { run } = session(8, undefined, () => answers.shift() ?? 2);
  expect((await runInParts(run, () => {})(pixels, 16)).get('boxes')).toEqual(whole);
});

it('one picture that does not fit, and any other failure, is reported', async () => {
  await expect(runInParts(session(0).run, () => {})(pixels, 16)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
  const { run, runs } = session(4, 'CUDA failure 700: an illegal memory access was encountered');
  await expect(runInParts(run, () => {})(pixels, 16)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
  expect(runs).toEqual([16]);
});
