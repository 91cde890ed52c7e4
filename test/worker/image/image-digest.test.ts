import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { imageDigest } from '../../../src/worker/image/image-digest.ts';

it('the digest of an image is the SHA-256 of its bytes', () => {
  const bytes = randomBytes(100_000);
  expect(imageDigest({ bytes: bytes.subarray(1) })).toBe(createHash('sha256').update(bytes.subarray(1)).digest('hex'));
});
