import sharp, { type Sharp } from 'sharp';
import { MillraceError } from '../../errors.ts';
import type { PictureFormat, ShownPicture } from '../../picture-task.ts';
import { decodeImage } from './decode.ts';
import type { EncodedImage } from './encoded-image.ts';
import { formatOf } from './format.ts';

/** As many pixels as `decodeImage` takes. Most formats are scaled down while they are read, in little memory. */
const mostPixels = 0x3fff * 0x3fff;
/** Pictures that are decoded whole before they can be scaled down, at 3 bytes or more a pixel. */
const mostPixelsAtOnce = 2 ** 26;

interface Shown {
  /** px of a square that the picture fits into. */
  readonly size: number;
  readonly format: PictureFormat;
}

/**
 * A picture as people see it: upright, in the colours of its profile, on white, and scaled down.
 * @throws {MillraceError} IMAGE_BROKEN
 */
export async function showPicture(image: EncodedImage, shown: Shown): Promise<ShownPicture> {
  const format = formatOf(image.bytes);
  if (typeof format === 'object') throw new MillraceError('IMAGE_BROKEN', `${format.instead}: ${image.name}`);
  if (format === 'BMP') return showDecoded(image, shown);
  const source = () => sharp(image.bytes, { failOn: 'error', limitInputPixels: mostPixels, sequentialRead: true });
  try {
    const { width, height, autoOrient, isProgressive } = await source().metadata();
    const isWhole = isProgressive === true || format === 'AVIF' || format === 'WebP';
    checkPixels(width * height, isWhole ? mostPixelsAtOnce : mostPixels, image);
    return { ...autoOrient, bytes: await scaled(source().autoOrient(), shown) };
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    // It reads what the worker reads, such as a JPEG without its last rows, and says why it cannot.
    return showDecoded(image, shown);
  }
}

async function showDecoded(image: EncodedImage, shown: Shown): Promise<ShownPicture> {
  const found = await sharp(image.bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => null);
  if (found !== null) checkPixels(found.width * found.height, mostPixelsAtOnce, image);
  const { data, width, height } = await decodeImage(image);
  const source = sharp(data, { raw: { width, height, channels: 3 } });
  return { width, height, bytes: await scaled(source, shown) };
}

function checkPixels(pixels: number, most: number, { name }: EncodedImage): void {
  if (pixels <= most) return;
  throw new MillraceError(
    'IMAGE_BROKEN',
    `a picture of ${pixels} pixels, more than the ${most} that are shown: ${name}`,
  );
}

function scaled(source: Sharp, { size, format }: Shown): Promise<Buffer> {
  const small = source
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb');
  return (format === 'webp' ? small.webp({ quality: 82, effort: 2 }) : small.jpeg({ quality: 85 })).toBuffer();
}
