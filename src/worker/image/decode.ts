import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { MillraceError } from '../../errors.ts';

sharp.concurrency(1);
sharp.cache(false);

/** Pixels as rows of R, G, B bytes: `data.length === width * height * 3`. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes a picture file to sRGB as OpenCV's imread does: turned upright, colour profile ignored, no alpha.
 *
 * @throws MillraceError IMAGE_MISSING, IMAGE_UNREADABLE or IMAGE_BROKEN
 */
export async function decodeImage(file: string): Promise<Pixels> {
  return decodeBytes(file, await readImage(file));
}

async function readImage(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    if (reason === 'ENOENT' || reason === 'ENOTDIR')
      throw new MillraceError('IMAGE_MISSING', `no such file: ${file}`, { cause });
    throw new MillraceError('IMAGE_UNREADABLE', `cannot be read (${reason}): ${file}`, { cause });
  }
}

async function decodeBytes(file: string, bytes: Uint8Array): Promise<Pixels> {
  if (bytes.length === 0) throw new MillraceError('IMAGE_BROKEN', `empty file: ${file}`);
  try {
    const { data, info } = await sharp(bytes, { ignoreIcc: true, failOn: 'error' })
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  } catch (cause) {
    throw new MillraceError('IMAGE_BROKEN', `not a whole picture of a known format: ${file}`, { cause });
  }
}
