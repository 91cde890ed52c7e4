import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bucketModel } from '../../../src/worker/buckets/bucket-model.ts';
import { disturb } from '../../s3/disturbing-proxy.ts';
import { s3Program, useS3 } from '../../s3/versitygw.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(s3Program === null)('models of buckets (skipped if Go cannot install an S3 server)', () => {
  const s3 = useS3();
  let folder: string;
  const url = 's3://models/team/a.onnx';
  const volumes = { 's3://models/team': '' };
  const place = (name: string) => ({ volumes, cache: { folder: join(folder, name), most: 2 ** 30 } });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-models-'));
    await s3.createBucket('models');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => vi.unstubAllEnvs());

  const proxied = async () => {
    const proxy = await disturb(s3.endpoint, () => 'pass');
    for (const [name, value] of Object.entries(s3.environment('models', proxy.endpoint))) vi.stubEnv(name, value);
    return proxy;
  };

  it('are fetched once by workers that want one at the same time, and again when the object is replaced', async () => {
    const proxy = await proxied();
    const [first, second] = [randomBytes(2000), randomBytes(2000)];
    await s3.put('models', 'team/a.onnx', first);
    const files = await Promise.all([1, 2, 3].map(() => bucketModel(url, null, place('etag'))));
    expect(new Set(files).size).toBe(1);
    expect((await readFile(files[0]!)).equals(first)).toBe(true);
    const conditions = proxy.requests.map(({ headers }) => headers['if-none-match'] !== undefined);
    expect(conditions).toEqual([false, true, true]);
    await s3.put('models', 'team/a.onnx', second);
    const replaced = await bucketModel(url, null, place('etag'));
    expect((await readFile(replaced)).equals(second)).toBe(true);
  });

  it('need no request once the registered file is in the cache, and are refused with another digest', async () => {
    const proxy = await proxied();
    const bytes = randomBytes(2000);
    await s3.put('models', 'team/a.onnx', bytes);
    await bucketModel(url, sha256(bytes), place('digest'));
    await bucketModel(url, sha256(bytes), place('digest'));
    expect(proxy.requests).toHaveLength(1);
    await expect(bucketModel(url, sha256(randomBytes(10)), place('digest'))).rejects.toMatchObject({
      code: 'MODEL_CHANGED',
      message: expect.stringContaining(`${url} does not have the SHA-256`),
    });
  });

  it('are refused outside the buckets of the step and of the administrator', async () => {
    await proxied();
    const refused = { code: 'BUCKET_NOT_ALLOWED' };
    await expect(bucketModel('s3://models/other/a.onnx', null, place('refused'))).rejects.toMatchObject(refused);
    await expect(bucketModel('s3://models/teammate/a.onnx', null, place('refused'))).rejects.toMatchObject(refused);
    vi.stubEnv('MILLRACE_BUCKETS', 'datasets');
    await expect(bucketModel(url, null, place('refused'))).rejects.toMatchObject(refused);
  });

  it('are missing, or the store is unavailable for the moment', async () => {
    await proxied();
    await expect(bucketModel('s3://models/team/gone.onnx', null, place('gone'))).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      message: 'the bucket has no such object (404): s3://models/team/gone.onnx',
    });
    vi.stubEnv('MILLRACE_S3_ENDPOINT', 'http://127.0.0.1:9');
    await expect(bucketModel(url, null, place('gone'))).rejects.toMatchObject({
      code: 'BUCKET_UNAVAILABLE',
      message: `the server refuses connections: ${url}`,
    });
  });
});
