import { describe, expect, it } from 'vitest';
import { inBoth, isInBuckets, readBuckets, readBucketUrl } from '../src/bucket-url.ts';
import { readStoreSettings } from '../src/worker/buckets/store-settings.ts';

describe('the URL of an object', () => {
  it('names a bucket and a key, of which nothing is decoded', () => {
    expect(readBucketUrl('s3://datasets/a%20b/ü?c#d.jpg')).toEqual({ bucket: 'datasets', key: 'a%20b/ü?c#d.jpg' });
    expect(readBucketUrl('S3://datasets')).toEqual({ bucket: 'datasets', key: '' });
  });

  it.each([
    ['s3://key:secret@datasets/a', 'the name of its bucket is not valid: s3://datasets/a'],
    ['s3:///a', 'the name of its bucket is not valid: s3:///a'],
    ['s3://evil.example:9000/a', 'the name of its bucket is not valid: s3://evil.example:9000/a'],
    ['s3://datasets/../models/a', "its key has a part '.' or '..': s3://datasets/../models/a"],
    ['s3://datasets/a\nb', 'its key has a control character: s3://datasets/a\nb'],
  ])('is refused as %j', (written, message) => {
    expect(() => readBucketUrl(written)).toThrow(message);
  });
});

describe('the buckets of the administrator', () => {
  it('are buckets and folders of buckets', () => {
    const allowed = readBuckets(' datasets, models/public/ ,');
    expect(allowed).toEqual(['datasets', 'models/public']);
    const isAllowed = (bucket: string, key: string) => isInBuckets({ bucket, key }, allowed);
    expect(isAllowed('datasets', 'any/thing')).toBe(true);
    expect(isAllowed('models', 'public/a.onnx')).toBe(true);
    expect(isAllowed('models', 'publicity/a.onnx')).toBe(false);
    expect(isAllowed('models', 'a.onnx')).toBe(false);
    expect(isAllowed('dataset', 'a')).toBe(false);
  });

  it('are narrowed by those of a role, never widened', () => {
    expect(inBoth(['datasets', 'models/public'], ['models', 'datasets/team', 'secret'])).toEqual([
      'models/public',
      'datasets/team',
    ]);
    expect(inBoth(['datasets'], [])).toEqual([]);
  });

  it.each(['*', 's3://datasets', 'datasets/../models', 'Upper'])('are refused as %j', (written) => {
    expect(() => readBuckets(written)).toThrowError(expect.objectContaining({ code: 'BUCKETS_INVALID' }));
  });
});

describe('the store of the administrator', () => {
  it('is Amazon S3 of the region, or the endpoint with paths', () => {
    const amazon = readStoreSettings({ MILLRACE_S3_REGION: 'eu-west-1' });
    expect(amazon).toMatchObject({ pathStyle: false, credentials: null });
    expect(amazon.endpoint.href).toBe('https://s3.eu-west-1.amazonaws.com/');
    expect(readStoreSettings({ MILLRACE_S3_ENDPOINT: 'https://storage.googleapis.com' }).pathStyle).toBe(true);
  });

  it.each([
    { MILLRACE_S3_ENDPOINT: 'https://user:hunter2@store.example' },
    { MILLRACE_S3_ENDPOINT: 'file:///hunter2' },
    { MILLRACE_S3_PATH_STYLE: 'maybe' },
    { MILLRACE_S3_REGION: 'a b' },
    { AWS_SECRET_ACCESS_KEY: 'hunter2' },
  ])('is refused with %j, and the message shows no secret', (environment) => {
    const failure = expect(() => readStoreSettings(environment));
    failure.toThrowError(expect.objectContaining({ code: 'BUCKETS_INVALID' }));
    expect(() => readStoreSettings(environment)).not.toThrow('hunter2');
  });
});
