import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NpyFile, type NpyType } from '../../src/worker/train/npy.ts';

describe('A column as an .npy file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-npy-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each<[NpyType, readonly number[]]>([
    ['<f8', [0, 1.5, Number.NaN, -1e300, 0.1, 7, 8, 9, 10]],
    ['<f8', []],
    ['<i4', [-1, 0, 2 ** 31 - 1, 3, 4]],
    ['<i4', [1, 2, 3, 4]],
  ])('of type %s holds %j, written in pieces of four', async (type, values) => {
    const path = join(folder, '0.npy');
    const file = new NpyFile(path, type, 4);
    for (const value of values) if (file.push(value)) await file.flush();
    await file.close();
    const bytes = await readFile(path);
    const header = bytes.subarray(0, 128).toString('latin1');
    expect(header.slice(10).trimEnd()).toBe(
      `{'descr': '${type}', 'fortran_order': False, 'shape': (${values.length},), }`,
    );
    expect([header.slice(0, 8), bytes.readUInt16LE(8), header.at(-1)]).toEqual(['\x93NUMPY\x01\x00', 118, '\n']);
    const data = bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length);
    expect([...(type === '<f8' ? new Float64Array(data) : new Int32Array(data))]).toEqual(values);
  });
});
