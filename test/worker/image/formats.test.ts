import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../src/worker/image/decode.ts';
import { bmpFile } from './bmp-file.ts';
import { tiffFile } from './tiff-file.ts';

const decode = (bytes: Uint8Array) => decodeImage({ bytes, name: 'image' });
const pixelsOf = async (bytes: Uint8Array) => [...(await decode(bytes)).data];
const raw = (width: number, height: number, channels: 1 | 2 | 3 | 4, data: Uint8Array | Uint16Array): Sharp =>
  sharp(data, { raw: { width, height, channels } });

/** Six colours, in two rows of three. */
const letters = { a: [250, 0, 0], b: [0, 240, 0], c: [0, 0, 230], d: [220, 220, 0], e: [0, 210, 210], f: [9, 8, 7] };
const colours = (names: string) => [...names].flatMap((name) => letters[name as keyof typeof letters]);
const six = () => raw(3, 2, 3, Uint8Array.from(colours('abcdef')));

describe('known pixels are those of OpenCV: ', () => {
  it.each<[string, () => Promise<Uint8Array>]>([
    ['PNG', () => six().png().toBuffer()],
    ['interlaced PNG', () => six().png({ progressive: true }).toBuffer()],
    ['PNG with a palette', () => six().png({ palette: true, colours: 8, dither: 0 }).toBuffer()],
    ['WebP', () => six().webp({ lossless: true }).toBuffer()],
    ['GIF', () => six().gif({ dither: 0 }).toBuffer()],
    ['TIFF', () => six().tiff({ compression: 'none' }).toBuffer()],
    ['TIFF with LZW', () => six().tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer()],
    ['TIFF with Deflate', () => six().tiff({ compression: 'deflate' }).toBuffer()],
  ])('%s', async (_, file) => {
    expect(await pixelsOf(await file())).toEqual(colours('abcdef'));
  });

  it.each([
    [1, 3, 'abcdef'],
    [2, 3, 'cbafed'],
    [3, 3, 'fedcba'],
    [4, 3, 'defabc'],
    [5, 2, 'adbecf'],
    [6, 2, 'daebfc'],
    [7, 2, 'fcebda'],
    [8, 2, 'cfbead'],
  ])('EXIF orientation %i', async (orientation, width, names) => {
    const turned = six().withMetadata({ orientation });
    const files = [await turned.clone().png().toBuffer(), await turned.clone().webp({ lossless: true }).toBuffer()];
    for (const file of files) {
      const { data, ...size } = await decode(file);
      expect(size).toEqual({ width, height: 6 / width });
      expect([...data]).toEqual(colours(names));
    }
  });

  it('16-bit PNG, colour and grey: the upper 8 bits', async () => {
    const deep = raw(1, 1, 4, Uint16Array.of(0x12ff, 0x8000, 0xffff, 0x0001)).toColourspace('rgb16');
    expect(await pixelsOf(await deep.png().toBuffer())).toEqual([0x12, 0x80, 0xff]);
    const grey = raw(2, 1, 1, Uint16Array.of(0x12ff, 0xfeff)).toColourspace('grey16');
    expect(await pixelsOf(await grey.png().toBuffer())).toEqual([0x12, 0x12, 0x12, 0xfe, 0xfe, 0xfe]);
  });

  it('16-bit TIFF: colours rounded, grey by the upper 8 bits', async () => {
    const data = new Uint8Array(Uint16Array.of(0x12ff, 0x8000, 0xff00).buffer);
    const sketch = { width: 1, height: 1, bits: 16, sampleFormat: 1 };
    expect(await pixelsOf(tiffFile({ ...sketch, samples: 3, photometric: 2, data }))).toEqual([0x13, 0x80, 0xfe]);
    const grey = data.subarray(0, 2);
    expect(await pixelsOf(tiffFile({ ...sketch, samples: 1, photometric: 1, data: grey }))).toEqual([18, 18, 18]);
  });

  it('grey with alpha', async () => {
    expect(await pixelsOf(await raw(1, 1, 2, Uint8Array.of(77, 3)).png().toBuffer())).toEqual([77, 77, 77]);
  });

  it.each(['gif', 'webp'] as const)('the first of the frames of %s', async (format) => {
    const frames = [six(), raw(3, 2, 3, new Uint8Array(18).fill(255))];
    const pages = await Promise.all(frames.map((frame) => frame.png().toBuffer()));
    const animated = sharp(pages, { join: { animated: true } });
    const file = await animated.toFormat(format, { lossless: true, dither: 0 }).toBuffer();
    expect((await sharp(file).metadata()).pages).toBe(2);
    expect(await decode(file)).toMatchObject({ width: 3, height: 2 });
    expect(await pixelsOf(file)).toEqual(colours('abcdef'));
  });

  it('the background of a GIF where it is clear', async () => {
    const palette = [...letters.a, ...letters.b, ...letters.c, ...letters.d];
    const [background, clear] = [1, 2];
    const control = [0x21, 0xf9, 4, 1, 0, 0, clear, 0];
    const place = [0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0];
    // The pixels 2 and 3 as LZW codes of three bits.
    const pixels = [2, 2, 0xd4, 0x0a, 0];
    const head = [...Buffer.from('GIF89a'), 2, 0, 1, 0, 0x81, background, 0];
    const gif = Uint8Array.from([...head, ...palette, ...control, ...place, ...pixels, 0x3b]);
    expect(await pixelsOf(gif)).toEqual([...letters.b, ...letters.d]);
  });

  it('JPEG with arithmetic coding', async () => {
    expect(await pixelsOf(jpegs.arithmetic)).toEqual(await pixelsOf(jpegs.huffman));
  });
});

it('says that a sequence of AVIF images is not supported', async () => {
  const sequence = Buffer.from('\0\0\0\x1cftypavis\0\0\0\0avifavismsf1', 'latin1');
  await expect(decode(sequence)).rejects.toThrow(
    'an AVIF image sequence is not supported; convert the image to JPEG or PNG: image',
  );
});

/** By hand, 60,000 inputs of 100 files: no crash, no other error, at most 1.2 s each beside other load. */
describe('hostile bytes', () => {
  it('give pixels or a reason', async () => {
    const files = [
      ...(await Promise.all(
        (['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const).map((format) => six().toFormat(format).toBuffer()),
      )),
      bmpFile({ width: 1, height: 1, bits: 24, rows: [[1, 2, 3, 0]] }),
      jpegs.arithmetic,
    ];
    const random = randomNumbers(7);
    const reasons = new Set<string>();
    for (let run = 0; run < 400; run++) {
      const bytes = mutated(files[random(files.length)]!, random);
      const outcome = await decode(bytes).catch((error) => error);
      if ('data' in outcome) expect(outcome.data.length).toBe(outcome.width * outcome.height * 3);
      else reasons.add(outcome.code);
    }
    expect([...reasons]).toEqual(['IMAGE_BROKEN']);
  });
});

/** Numbers below a bound, the same for the same seed: Numerical Recipes' generator. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Cut off, with bytes missing, or with bytes changed, mostly those of its header. */
function mutated(file: Uint8Array, random: (below: number) => number): Uint8Array {
  const kind = random(4);
  const at = random(file.length);
  if (kind === 0) return file.subarray(0, at);
  if (kind === 1) return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + random(16))]);
  const changed = Uint8Array.from(file);
  for (let count = random(12); count >= 0; count--)
    changed[random(kind === 2 ? Math.min(64, file.length) : file.length)] = random(256);
  return changed;
}

/** A gradient that we drew, and the same without loss in arithmetic coding, by jpegtran. */
const jpegs = {
  huffman: Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQT/xAAYEAACAwAAAAAAAAAAAAAAAAAAAwQhMf/EABQBAQAAAAAAAAAAAAAAAAAAAAD/xAAWEQADAAAAAAAAAAAAAAAAAAAAAgT/2gAMAwEAAhEDEQA/AAkQsoSRCyi9ELKEkQsoKwjsP//Z',
    'base64',
  ),
  arithmetic: Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/yQARCAAQABADASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/ACfGMV2vw3G5IQKV6tpMttQ79WbY/9k=',
    'base64',
  ),
};
