import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cachedFile, checkDigest } from '../../src/worker/model-cache.ts';
import { temporaryFolder } from './temporary-folder.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the cache of models', () => {
  const write = temporaryFolder();
  const folder = dirname(write('a', ''));
  const cache = (name: string, most = 10_000) => ({ folder: join(folder, name), most });
  const old = new Date(Date.now() - 3_600_000);

  it('fetches a file once for workers that want it at the same time', async () => {
    const bytes = randomBytes(5000);
    let fetches = 0;
    const fetch = async function* () {
      fetches++;
      yield bytes;
    };
    const files = await Promise.all(Array.from({ length: 5 }, () => cachedFile(cache('once'), sha256(bytes), fetch)));
    expect(new Set(files).size).toBe(1);
    expect(fetches).toBe(1);
    expect((await readFile(files[0]!)).equals(bytes)).toBe(true);
  });

  it('never shows a file that was cut off or has another digest', async () => {
    const bytes = randomBytes(5000);
    const cut = async function* () {
      yield bytes.subarray(0, 100);
    };
    await expect(cachedFile(cache('cut'), sha256(bytes), cut)).rejects.toMatchObject({ code: 'MODEL_CHANGED' });
    const broken = async function* () {
      yield bytes.subarray(0, 100);
      throw new Error('connection lost');
    };
    await expect(cachedFile(cache('cut'), sha256(bytes), broken)).rejects.toThrow('connection lost');
    expect(await readdir(cache('cut').folder)).toEqual([]);
  });

  it('removes the files that were not used for longest when it is full', async () => {
    const files: string[] = [];
    for (const age of [0, 1, 2]) {
      const bytes = randomBytes(4000);
      const file = await cachedFile(cache('full'), sha256(bytes), async function* () {
        yield bytes;
      });
      await utimes(file, old, new Date(old.getTime() + age * 1000));
      files.push(file);
    }
    const bytes = randomBytes(4000);
    const added = await cachedFile(cache('full'), sha256(bytes), async function* () {
      yield bytes;
    });
    const exists = await Promise.all(
      [...files, added].map((file) =>
        stat(file).then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(exists).toEqual([false, false, true, true]);
  });

  it('computes the digest of an unchanged file once, and that of a changed one again', async () => {
    const file = join(folder, 'a.onnx');
    const bytes = randomBytes(1000);
    await writeFile(file, bytes);
    await checkDigest(cache('notes'), file, '/models/a.onnx', sha256(bytes));
    const notes = join(cache('notes').folder, 'digests');
    expect(await readdir(notes)).toHaveLength(1);
    await checkDigest(cache('notes'), file, '/models/a.onnx', sha256(bytes));
    expect(await readdir(notes)).toHaveLength(1);
    await writeFile(file, randomBytes(1000));
    await expect(checkDigest(cache('notes'), file, '/models/a.onnx', sha256(bytes))).rejects.toMatchObject({
      code: 'MODEL_CHANGED',
      message: expect.stringContaining('/models/a.onnx is not the registered file'),
    });
    await rm(file);
    await expect(checkDigest(cache('notes'), file, '/models/a.onnx', sha256(bytes))).rejects.toMatchObject({
      code: 'MODEL_MISSING',
    });
  });
});
