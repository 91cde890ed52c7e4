import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { devicesOfWorker, gpuDevices } from '../../../src/engine/local/gpu-devices.ts';

describe('GPUs of this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-gpus-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are counted by the folders of the driver', async () => {
    for (const address of ['0000:17:00.0', '0000:ca:00.0']) await mkdir(join(folder, address));
    expect(gpuDevices({}, folder)).toEqual(['0', '1']);
    expect(gpuDevices({}, join(folder, 'absent'))).toEqual([]);
  });

  it('are those of CUDA_VISIBLE_DEVICES if it is set', () => {
    expect(gpuDevices({ CUDA_VISIBLE_DEVICES: 'GPU-8932f937, 3' }, folder)).toEqual(['GPU-8932f937', '3']);
    expect(gpuDevices({ CUDA_VISIBLE_DEVICES: '' }, folder)).toEqual([]);
  });

  it.each([
    [1, [['a'], ['b'], ['c'], ['a'], ['b']]],
    [0, [['a'], ['b'], ['c'], ['a'], ['b']]],
    [
      2,
      [
        ['a', 'b'],
        ['c', 'a'],
        ['b', 'c'],
        ['a', 'b'],
        ['c', 'a'],
      ],
    ],
    [8, new Array(5).fill(['a', 'b', 'c'])],
  ])('are distributed over workers that request %i', (gpu, expected) => {
    const devices = [0, 1, 2, 3, 4].map((worker) => devicesOfWorker(worker, gpu, ['a', 'b', 'c']));
    expect(devices).toEqual(expected);
  });
});
