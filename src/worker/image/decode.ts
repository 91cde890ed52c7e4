import pLimit from 'p-limit';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { MillraceError } from '../../errors.ts';
import { BmpError, decodeBmp, tooManyPixels } from './bmp.ts';
import { cmykToRgb } from './cmyk.ts';
import type { EncodedImage } from './encoded-image.ts';
import { type Format, formatOf } from './format.ts';
import { jpegHeader } from './jpeg-header.ts';
import type { Pixels } from './pixels.ts';
import { unsupportedTiff } from './tiff.ts';

sharp.concurrency(1);
sharp.cache(false);

/** sharp's own bound, so that all formats have the same. */
const maxPixels = 0x3fff * 0x3fff;

/**
 * Decodes an image to sRGB as OpenCV's imread does: turned upright, colour profile ignored, no alpha.
 * @throws MillraceError IMAGE_BROKEN
 */
export async function decodeImage({ bytes, name }: EncodedImage): Promise<Pixels> {
  const format = formatOf(bytes);
  const refusal = typeof format === 'object' ? format.instead : format === 'TIFF' ? unsupportedTiff(bytes) : null;
  if (refusal !== null) throw new MillraceError('IMAGE_BROKEN', `${refusal}: ${name}`);
  try {
    return format === 'BMP' ? decodeBmp(bytes, maxPixels) : await decodeBytes(bytes, format);
  } catch (cause) {
    const reason = cause instanceof BmpError ? cause.message : await reasonOf(cause as Error, bytes, format);
    throw new MillraceError('IMAGE_BROKEN', `${reason}: ${name}`, { cause });
  }
}

async function decodeBytes(bytes: Uint8Array, format: Format): Promise<Pixels> {
  const header = await headerOf(bytes, format);
  const decoding = () => decodeWith(bytes, header, format);
  return header.width * header.height > largePixels ? oneLarge(decoding) : decoding();
}

/** What decoding depends on. */
type Header = Pick<Metadata, 'width' | 'height' | 'space' | 'background'>;

async function headerOf(bytes: Uint8Array, format: Format): Promise<Header> {
  const header = format === 'JPEG' ? jpegHeader(bytes) : null;
  return header === null ? open(bytes).metadata() : { ...header, space: header.components === 4 ? 'cmyk' : 'srgb' };
}

/** A few kilobytes can hold an image of hundreds of megabytes; several of them are not in memory at once. */
const largePixels = 2 ** 25;
const oneLarge = pLimit(1);

async function decodeWith(bytes: Uint8Array, header: Header, format: Format): Promise<Pixels> {
  try {
    return await decode(open(bytes), header, format);
  } catch (error) {
    if (format !== 'JPEG') throw error;
    return decodeShortJpeg(bytes, await open(bytes).metadata(), error);
  }
}

function open(bytes: Uint8Array, more: SharpOptions = {}): Sharp {
  return sharp(bytes, { ignoreIcc: true, failOn: 'error', limitInputPixels: maxPixels, ...more });
}

async function decode(image: Sharp, { space, background }: Header, format: Format): Promise<Pixels> {
  const upright = image.autoOrient();
  if (space === 'cmyk') {
    const { data, ...size } = await samples(upright.pipelineColourspace('cmyk').toColourspace('cmyk'), 'uchar');
    return { data: cmykToRgb(data, format === 'JPEG'), ...size };
  }
  if (space === 'rgb16' && format === 'TIFF') {
    const { data, ...size } = await samples(upright.removeAlpha().toColourspace('rgb16'), 'ushort');
    return { data: scaledTo8Bits(data), ...size };
  }
  // OpenCV shows the background where a GIF is clear; of other formats it ignores alpha.
  const opaque = format === 'GIF' && background !== undefined ? upright.flatten({ background }) : upright;
  return samples(opaque.removeAlpha().toColourspace('srgb'), 'uchar');
}

async function samples(image: Sharp, depth: 'uchar' | 'ushort'): Promise<Pixels> {
  const { data, info } = await image.raw({ depth }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** As OpenCV does with the colours of a TIFF; of 16-bit grey, and of PNG, it takes the upper 8 bits, as libvips does. */
function scaledTo8Bits(samples: Uint8Array): Uint8Array {
  const deep = new Uint16Array(samples.buffer, samples.byteOffset, samples.length / 2);
  return Uint8Array.from(deep, (value) => Math.round(value / 257));
}

/** Rows of pixels that a JPEG decodes together, at most. */
const codedRows = 16;
/** Rows above whose chroma is smoothed with that of the rows below, as libvips asks for them. */
const smoothedRows = 8;
const endOfImage = Uint8Array.of(0xff, 0xd9);

/**
 * Copies often lack their last bytes, and OpenCV reads them: so does this where nothing is missing but the mark of the end, the last
 * rows, or the last bit of precision.
 */
async function decodeShortJpeg(bytes: Uint8Array, metadata: Metadata, error: unknown): Promise<Pixels> {
  const { height, isProgressive } = metadata;
  const ended = Buffer.concat([bytes, endOfImage]);
  const complete = await decode(open(ended, { failOn: 'warning' }), metadata, 'JPEG').catch(() => null);
  if (complete !== null) return complete;
  const rows = Math.floor((height - 1) / codedRows) * codedRows - smoothedRows;
  if (!(isProgressive ? endsInRefinement(bytes) : rows > 0 && (await hasRows(bytes, rows)))) throw error;
  return decode(open(bytes, { failOn: 'none' }), metadata, 'JPEG');
}

async function hasRows(bytes: Uint8Array, rows: number): Promise<boolean> {
  const image = open(bytes, { sequentialRead: true });
  const { width } = await image.metadata();
  return image
    .extract({ left: 0, top: 0, width, height: rows })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );
}

/** Whether the last scan of a progressive JPEG adds the lowest bit to values that are there (ITU-T T.81, B.2.3: Ah is 1, Al is 0). */
function endsInRefinement(bytes: Uint8Array): boolean {
  const scan = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(
    '\xff\xda',
    undefined,
    'latin1',
  );
  const components = bytes[scan + 4] ?? 0;
  return scan >= 0 && bytes[scan + 5 + 2 * components + 2] === 0x10;
}

/** What decoders say of a file that ends too early, whose first bytes are right. */
const signsOfDamage = [
  'premature end',
  'read error',
  'bad seek',
  'unable to parse image',
  'unsupported image format',
  'unexpected end',
];

/** What the decoder says, in words of ours. */
async function reasonOf({ message }: Error, bytes: Uint8Array, format: Format): Promise<string> {
  if (/HEVC|heif: .*plugin/.test(message)) return 'HEIC is not supported; convert the image to JPEG or PNG';
  if (signsOfDamage.some((sign) => message.toLowerCase().includes(sign)))
    return `a truncated or damaged ${format} file`;
  if (/exceeds (?:pixel|channel) limit/.test(message)) return limitOf(bytes, message);
  const [said = ''] = message.replace('Input buffer has corrupt header:', '').trim().split('\n');
  if (said === '') return `a truncated or damaged ${format} file`;
  return `a ${format} file that cannot be decoded (the decoder says: ${said})`;
}

async function limitOf(bytes: Uint8Array, message: string): Promise<string> {
  const unlimited = { limitInputPixels: false, limitInputChannels: false } as SharpOptions;
  const { width, height, channels } = await sharp(bytes, unlimited).metadata();
  return message.includes('pixel')
    ? tooManyPixels(width, height, maxPixels)
    : `an image of ${channels} channels is not supported; convert it to RGB`;
}
