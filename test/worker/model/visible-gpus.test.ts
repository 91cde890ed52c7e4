import { expect, it } from 'vitest';
import { visibleGpus } from '../../../src/worker/model/visible-gpus.ts';

it.each([
  [{}, 1],
  [{ NVIDIA_VISIBLE_DEVICES: 'all' }, 1],
  [{ NVIDIA_VISIBLE_DEVICES: 'GPU-1,GPU-2' }, 2],
  [{ CUDA_VISIBLE_DEVICES: '3', NVIDIA_VISIBLE_DEVICES: 'GPU-1,GPU-2' }, 1],
  [{ CUDA_VISIBLE_DEVICES: '' }, 1],
])('the GPUs of %j are %i', (environment, count) => {
  expect(visibleGpus(environment)).toBe(count);
});
