import sharp from 'sharp';
import type { EncodedImage } from '../../../src/worker/image/encoded-image.ts';

/** A picture of noise, which is the same in each run. */
export async function noise(width: number, height: number, seed: number): Promise<EncodedImage> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7919 + seed * 104_729) % 251);
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { bytes: Uint8Array.from(png), name: `${width}x${height}-${seed}` };
}

/** Shapes that leave padding above, beside, or nowhere, in turns. */
export function noises(count: number): Promise<EncodedImage[]> {
  const sizes = [
    [64, 64],
    [50, 20],
    [16, 64],
    [100, 80],
    [7, 9],
  ] as const;
  return Promise.all(
    Array.from({ length: count }, (_, at) => noise(...(sizes[at % sizes.length] as [number, number]), at)),
  );
}

/** Bytes that are used up are copied. */
export function copyOf({ bytes, name }: EncodedImage): EncodedImage {
  return { bytes: Uint8Array.from(bytes), name };
}
