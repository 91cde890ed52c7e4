import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openImages } from '../../../src/worker/image/image-rows.ts';
import { disturb } from '../../s3/disturbing-proxy.ts';
import { s3Program, useS3 } from '../../s3/versitygw.ts';

describe.skipIf(s3Program === null)('images of a bucket (skipped if Go cannot install an S3 server)', () => {
  const s3 = useS3();
  const volumes = { 's3://datasets': '' };
  const names = Array.from({ length: 40 }, (_, index) => `${index}.jpg`);
  beforeAll(async () => {
    await s3.createBucket('datasets');
    await Promise.all(names.map((name) => s3.put('datasets', `scenes/${name}`, Buffer.from(name))));
    await s3.put('datasets', 'scenes/empty.jpg', Buffer.alloc(0));
  });
  afterEach(() => vi.unstubAllEnvs());
  const useStore = (endpoint: string) => {
    for (const [name, value] of Object.entries(s3.environment('datasets', endpoint))) vi.stubEnv(name, value);
  };

  it('are asked for while others are waited for: at most 16 are under way at once', async () => {
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    const proxy = await disturb(s3.endpoint, () => ({ until }));
    useStore(proxy.endpoint);
    const images = await openImages('s3://datasets/scenes', volumes);
    const sources = images(names.map((name) => [Buffer.from(name)]));
    const first = sources[0]!.read();
    await expect.poll(() => proxy.requests.length).toBe(16);
    release();
    expect(Buffer.from((await first).bytes).toString()).toBe('0.jpg');
    const others = await Promise.all(sources.slice(1).map((source) => source.read()));
    expect(others.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(names.slice(1));
    expect(proxy.requests).toHaveLength(names.length);
  });

  it('fail with the reason, each for itself', async () => {
    useStore(s3.endpoint);
    const images = await openImages('s3://datasets/scenes', volumes);
    const sources = images(['gone.jpg', 'empty.jpg', '/datasets/a.jpg', '1.jpg'].map((name) => [Buffer.from(name)]));
    const read = await Promise.all(
      sources.map((source) =>
        source.read().then(
          () => 'read',
          ({ code, message }) => `${code}: ${message}`,
        ),
      ),
    );
    expect(read).toEqual([
      'IMAGE_MISSING: the bucket has no such object (404): s3://datasets/scenes/gone.jpg',
      'IMAGE_BROKEN: an empty object: s3://datasets/scenes/empty.jpg',
      'IMAGE_OUTSIDE: outside s3://datasets/scenes: /datasets/a.jpg',
      'read',
    ]);
  });

  it('are not read from a folder that the step may not read', async () => {
    useStore(s3.endpoint);
    await expect(openImages('s3://other/scenes', volumes)).rejects.toMatchObject({
      code: 'BUCKET_NOT_ALLOWED',
      hint: 'use s3://datasets',
    });
  });
});
