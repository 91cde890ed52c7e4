import { hash } from 'node:crypto';
import type { EncodedImage } from './encoded-image.ts';

/** SHA-256 of the picture as it is stored, in hexadecimal digits. */
export function imageDigest({ bytes }: Pick<EncodedImage, 'bytes'>): string {
  return hash('sha256', bytes, 'hex');
}
