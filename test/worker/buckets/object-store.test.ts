import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ObjectStore, openObjectStore } from '../../../src/worker/buckets/object-store.ts';
import { readStoreSettings } from '../../../src/worker/buckets/store-settings.ts';
import { type Disturbance, disturb } from '../../s3/disturbing-proxy.ts';
import { s3Program, useS3 } from '../../s3/versitygw.ts';

const bounds = { bytes: 2 ** 20, seconds: 60 };

describe.skipIf(s3Program === null)('objects of buckets (skipped if Go cannot install an S3 server)', () => {
  const s3 = useS3();
  const bytes = randomBytes(300_000);
  const place = { bucket: 'datasets', key: 'one.bin' };
  let store: ObjectStore;
  const storeAt = (endpoint: string, changes: Record<string, string> = {}) =>
    openObjectStore(readStoreSettings({ ...s3.environment('datasets', endpoint), ...changes }));
  const read = async (from: ObjectStore, what = place, most = bounds) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await from.open(what, most))!.chunks) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  beforeAll(async () => {
    await s3.createBucket('datasets');
    await s3.put('datasets', 'one.bin', bytes);
    store = storeAt(s3.endpoint);
  });

  it('are read whole', async () => {
    expect((await read(store)).equals(bytes)).toBe(true);
  });

  it.each(['a b+c=d&e?f#g%20h.jpg', "ü 漢 (1)!'*.jpg", 'deep/er/~x_-.$@:,;.jpg'])(
    'may have the key %s',
    async (key) => {
      await s3.put('datasets', key, Buffer.from(key));
      expect((await read(store, { bucket: 'datasets', key })).toString()).toBe(key);
    },
  );

  it('are not sent again while their ETag is the same', async () => {
    const first = await store.open(place, bounds);
    for await (const _ of first!.chunks);
    expect(await store.open(place, bounds, first!.etag)).toBeNull();
    expect(await store.open(place, bounds, '"other"')).not.toBeNull();
  });

  it.each([
    ['an unknown key', { bucket: 'datasets', key: 'gone' }, {}, 'missing', 'the bucket has no such object (404)'],
    ['an unknown bucket', { bucket: 'nothing', key: 'x' }, {}, 'missing', 'the bucket does not exist (404)'],
    [
      'a wrong secret key',
      place,
      { AWS_SECRET_ACCESS_KEY: 'wrong' },
      'refused',
      'the store rejects the secret key (403)',
    ],
    [
      'a wrong access key',
      place,
      { AWS_ACCESS_KEY_ID: 'wrong' },
      'refused',
      'the store does not send the object (404 XAdminUserNotFound)',
    ],
    [
      'no credentials',
      place,
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      'refused',
      'the store denies access (403)',
    ],
    [
      'another region',
      place,
      { MILLRACE_S3_REGION: 'eu-west-9' },
      'refused',
      'the bucket is in another region or at another endpoint (400)',
    ],
  ])('fail with the reason for %s', async (_, what, changes, kind, message) => {
    await expect(read(storeAt(s3.endpoint, changes), what)).rejects.toMatchObject({ kind, message });
  });

  it('fail if they are larger than their bound', async () => {
    const small = { bytes: 1000, seconds: 60 };
    await expect(read(store, place, small)).rejects.toThrow('300000 bytes, more than the limit of 1000');
  });

  it.each([
    ['a store that asks to slow down', { status: 503, body: '<Error><Code>SlowDown</Code></Error>' }],
    ['an internal error', { status: 500, body: '<Error><Code>InternalError</Code></Error>' }],
    ['too many requests', { status: 429, headers: { 'retry-after': '0' } }],
    ['a connection closed before the answer', { cutAfter: 0 }],
    ['a connection closed in the middle', { cutAfter: 100_000 }],
  ] as readonly (readonly [string, Disturbance])[])('are read after %s', async (_, disturbance) => {
    const proxy = await disturb(s3.endpoint, (index) => (index < 2 ? disturbance : 'pass'));
    expect((await read(storeAt(proxy.endpoint))).equals(bytes)).toBe(true);
    expect(proxy.requests).toHaveLength(3);
  });

  it('are resumed where the connection broke, and only as the same version', async () => {
    const proxy = await disturb(s3.endpoint, (index) => (index === 0 ? { cutAfter: 100_000 } : 'pass'));
    await read(storeAt(proxy.endpoint));
    expect(proxy.requests[1]?.headers).toMatchObject({ range: 'bytes=100000-', 'if-match': expect.any(String) });
    const replaced = await disturb(s3.endpoint, (index) => (index === 0 ? { cutAfter: 100_000 } : { status: 412 }));
    await expect(read(storeAt(replaced.endpoint))).rejects.toMatchObject({
      kind: 'refused',
      message: 'the object was replaced while it was read (412)',
    });
  });

  it.each([
    [
      'slows down for ever',
      () => ({ status: 503, body: '<Error><Code>SlowDown</Code></Error>' }),
      'the store asks to slow down (503)',
    ],
    ['never answers in full', () => ({ cutAfter: 10 }), 'the server closed the connection'],
  ] as const)('are unavailable if the store %s, after bounded attempts', async (_, disturbance, message) => {
    const proxy = await disturb(s3.endpoint, disturbance);
    await expect(read(storeAt(proxy.endpoint))).rejects.toMatchObject({ kind: 'unavailable', message });
    expect(proxy.requests.length).toBeLessThanOrEqual(5);
  });

  it('are unavailable after the time that they may take, and at an endpoint where nothing listens', async () => {
    const slow = await disturb(s3.endpoint, () => ({ waitMs: 60_000 }));
    const short = { bytes: 2 ** 20, seconds: 0.2 };
    await expect(read(storeAt(slow.endpoint), place, short)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'not received within 0.2 s',
    });
    await expect(read(storeAt('http://127.0.0.1:9'), place)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'the server refuses connections',
    });
  });

  it('are not looked for where a redirect leads: other hosts get no request', async () => {
    const other = await disturb(s3.endpoint, () => 'pass');
    const proxy = await disturb(s3.endpoint, () => ({ status: 307, headers: { location: `${other.endpoint}/x` } }));
    await expect(read(storeAt(proxy.endpoint))).rejects.toThrow(
      'the bucket is in another region or at another endpoint',
    );
    expect(other.requests).toEqual([]);
  });
});
