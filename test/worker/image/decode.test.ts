import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage as decodeBytes } from '../../../src/worker/image/decode.ts';
import { readImage } from '../../../src/worker/image/read-image.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type BmpSketch, bmpFile } from './bmp-file.ts';
import { type TiffSketch, tiffFile } from './tiff-file.ts';

const file = temporaryFolder();
const decodeInside = async (path: string, root: string | null) => decodeBytes(await readImage(path, root));
const decodeImage = (path: string) => decodeInside(path, null);
const red = { create: { width: 4, height: 2, channels: 3 as const, background: { r: 200, g: 30, b: 10 } } };

describe('decoding', () => {
  it('gives rows of R, G and B', async () => {
    const picture = await decodeImage(
      file(
        'rgb.png',
        await sharp(Uint8Array.of(1, 2, 3, 4, 5, 6), { raw: { width: 2, height: 1, channels: 3 } })
          .png()
          .toBuffer(),
      ),
    );
    expect({ ...picture, data: [...picture.data] }).toEqual({ width: 2, height: 1, data: [1, 2, 3, 4, 5, 6] });
  });

  it('spreads grey over the three channels', async () => {
    const grey = sharp(Uint8Array.of(7, 250), { raw: { width: 2, height: 1, channels: 1 } });
    expect([...(await decodeImage(file('grey.png', await grey.png().toBuffer()))).data]).toEqual([
      7, 7, 7, 250, 250, 250,
    ]);
  });

  it('drops alpha, and keeps the colour under it', async () => {
    const clear = sharp(Uint8Array.of(9, 8, 7, 0), { raw: { width: 1, height: 1, channels: 4 } });
    expect([...(await decodeImage(file('alpha.png', await clear.png().toBuffer()))).data]).toEqual([9, 8, 7]);
  });

  it('brings 16 bits to 8', async () => {
    const deep = sharp(Uint16Array.of(0x1234, 0x8000, 0xffff), { raw: { width: 1, height: 1, channels: 3 } });
    const png = await deep.toColourspace('rgb16').png().toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    expect([...(await decodeImage(file('deep.png', png))).data]).toEqual([0x12, 0x80, 0xff]);
  });

  it.each(['jpeg', 'webp', 'gif', 'tiff'] as const)('reads %s', async (format) => {
    const { width, height, data } = await decodeImage(
      file(`red.${format}`, await sharp(red).toFormat(format).toBuffer()),
    );
    expect([width, height, data.length]).toEqual([4, 2, 24]);
    expect(Math.max(Math.abs(data[0]! - 200), Math.abs(data[1]! - 30), Math.abs(data[2]! - 10))).toBeLessThan(6);
  });

  it('reads CMYK as OpenCV does', async () => {
    const cmyk = await sharp(red).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    const [c = 0, m = 0, y = 0, k = 0] = await sharp(cmyk)
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw()
      .toBuffer();
    const { data } = await decodeImage(file('cmyk.jpg', cmyk));
    const light = 255 - k;
    expect([...data.subarray(0, 3)]).toEqual([c, m, y].map((ink) => light - ((ink * light) >> 8)));
    const samples = { samples: 4, bits: 8, sampleFormat: 1, photometric: 5 };
    const tiff = tiffFile({ width: 1, height: 1, ...samples, data: Uint8Array.of(0, 100, 255, 55) });
    expect([...(await decodeImage(file('cmyk.tif', tiff))).data]).toEqual([200, 121, 0]);
  });

  it('turns a photo upright', async () => {
    const turned = await sharp(red).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decodeImage(file('turned.jpg', turned))).toMatchObject({ width: 2, height: 4 });
  });

  it('says that a file is missing', async () => {
    const missing = `${dirname(file('here.txt', ''))}/missing.jpg`;
    await expect(decodeImage(missing)).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: `no such file: ${missing}`,
    });
  });

  it('says that a folder cannot be read as a file', async () => {
    const folder = dirname(file('here.txt', ''));
    await expect(decodeImage(folder)).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: `cannot be read (EISDIR): ${folder}`,
    });
  });

  it.each([
    ['an empty file', async () => new Uint8Array()],
    ['text', async () => 'not a picture'],
    [
      'a photo that was cut off',
      async () => {
        const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => Math.imul(at, 2654435761) >>> 24);
        const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
          .jpeg()
          .toBuffer();
        return jpeg.subarray(0, jpeg.length / 2);
      },
    ],
  ])('refuses %s', async (_, content) => {
    await expect(decodeImage(file('broken.jpg', await content()))).rejects.toMatchObject({ code: 'IMAGE_BROKEN' });
  });

  it.each<[string, string]>([
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
      'a Git LFS pointer, not the image itself; run git lfs pull',
    ],
    ['\n<!DOCTYPE html><html>', 'a web page, not an image; download the image itself'],
    [
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
      'SVG is not supported; convert the image to JPEG or PNG',
    ],
    ['\xef\xbb\xbf<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG is not supported; convert the image to JPEG or PNG'],
    ['<?xml version="1.0"?><Error/>', 'an XML document, not an image'],
    ['\0\x05\x16\x07\0\x02\0\0Mac OS X', 'a macOS metadata file (AppleDouble), not an image; leave it out'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC is not supported; convert the image to JPEG or PNG'],
    ['\0\0\0\x18ftypisom\0\0\0\0mp42avc1', 'a video or another media file, not an image'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'JPEG 2000 is not supported; convert the image to JPEG or PNG'],
    ['P6\n64 64\n255\n', 'PPM (Netpbm) is not supported; convert the image to JPEG or PNG'],
    ['%PDF-1.7', 'a PDF document, not an image'],
    ['not a picture', 'not an image of a supported format (JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP)'],
  ])('says what a file is that is not decoded: %j', async (content, reason) => {
    const path = file('other.jpg', Buffer.from(content, 'latin1'));
    await expect(decodeImage(path)).rejects.toMatchObject({ code: 'IMAGE_BROKEN', message: `${reason}: ${path}` });
  });

  it('names the limits that an image exceeds', async () => {
    const huge = file('huge.png', pngHeader(17000, 17000));
    await expect(decodeImage(huge)).rejects.toThrow(`17000 x 17000 pixels, more than the limit of 268402689: ${huge}`);
    const samples = { samples: 8, bits: 8, sampleFormat: 1, photometric: 1 };
    const bands = file('bands.tif', tiffFile({ width: 2, height: 2, ...samples, data: new Uint8Array(32) }));
    await expect(decodeImage(bands)).rejects.toThrow(
      `an image of 8 channels is not supported; convert it to RGB: ${bands}`,
    );
  });

  it.each<[string, Partial<TiffSketch>, number]>([
    ['32-bit floating-point numbers', { sampleFormat: 3, bits: 32 }, 4],
    ['32-bit integers', { bits: 32 }, 4],
    ['16-bit signed integers', { sampleFormat: 2, bits: 16 }, 2],
    ['16-bit CMYK', { samples: 4, bits: 16, photometric: 5 }, 8],
    ['YCbCr without JPEG compression', { samples: 3, photometric: 6 }, 3],
    ['CIE L*a*b*', { samples: 3, photometric: 8 }, 3],
  ])('refuses a TIFF of %s', async (kind, changes, bytes) => {
    const grey = { width: 16, height: 16, samples: 1, bits: 8, sampleFormat: 1, photometric: 1 };
    const path = file('kind.tif', tiffFile({ ...grey, ...changes, data: new Uint8Array(256 * bytes) }));
    await expect(decodeImage(path)).rejects.toMatchObject({
      code: 'IMAGE_BROKEN',
      message: `a TIFF of ${kind} is not supported; convert it to 8-bit RGB: ${path}`,
    });
  });

  it.each<[string, Omit<BmpSketch, 'width'>, readonly number[]]>([
    [
      '24 bits',
      {
        height: 2,
        bits: 24,
        rows: [
          [3, 2, 1, 6, 5, 4, 0, 0],
          [9, 8, 7, 12, 11, 10, 0, 0],
        ],
      },
      [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6],
    ],
    ['24 bits, from the top', { height: -1, bits: 24, rows: [[3, 2, 1, 6, 5, 4, 0, 0]] }, [1, 2, 3, 4, 5, 6]],
    ['32 bits', { height: 1, bits: 32, rows: [[3, 2, 1, 0, 6, 5, 4, 255]] }, [1, 2, 3, 4, 5, 6]],
    ['8 bits', { height: 1, bits: 8, table: [3, 2, 1, 0, 6, 5, 4, 0], rows: [[1, 0, 0, 0]] }, [4, 5, 6, 1, 2, 3]],
    ['4 bits', { height: 1, bits: 4, table: [3, 2, 1, 0, 6, 5, 4, 0], rows: [[0x10, 0, 0, 0]] }, [4, 5, 6, 1, 2, 3]],
    ['1 bit', { height: 1, bits: 1, table: [3, 2, 1, 0, 6, 5, 4, 0], rows: [[0x80, 0, 0, 0]] }, [4, 5, 6, 1, 2, 3]],
    ['15 bits', { height: 1, bits: 16, rows: [[0xff, 0x7f, 0x00, 0x7c]] }, [248, 248, 248, 248, 0, 0]],
    [
      '16 bits with masks',
      {
        height: 1,
        bits: 16,
        compression: 3,
        table: [0, 0xf8, 0, 0, 0xe0, 0x07, 0, 0, 0x1f, 0, 0, 0],
        rows: [[0xff, 0xff, 0x00, 0xf8]],
      },
      [248, 252, 248, 248, 0, 0],
    ],
  ])('reads a BMP of %s, whatever its name', async (_, sketch, data) => {
    const { width, data: found } = await decodeImage(file('really-a-bmp.jpg', bmpFile({ width: 2, ...sketch })));
    expect([width, ...found]).toEqual([2, ...data]);
  });

  it.each<[string, Buffer]>([
    ['a truncated BMP file', bmpFile({ width: 2, height: 2, bits: 24, rows: [[0, 0, 0, 0, 0, 0, 0, 0]] })],
    [
      'a BMP with run-length compression is not supported; save it uncompressed',
      bmpFile({ width: 2, height: 1, bits: 8, compression: 1, rows: [[0]] }),
    ],
    [
      '20000 x 20000 pixels, more than the limit of 268402689',
      bmpFile({ width: 20_000, height: 20_000, bits: 24, rows: [] }),
    ],
    ['a BMP of 0 x 1 pixels', bmpFile({ width: 0, height: 1, bits: 24, rows: [] })],
  ])('refuses a BMP: %s', async (reason, bmp) => {
    const path = file('other.bmp', bmp);
    await expect(decodeImage(path)).rejects.toMatchObject({ code: 'IMAGE_BROKEN', message: `${reason}: ${path}` });
  });

  describe('a JPEG without its last bytes', () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => Math.imul(at, 2654435761) >>> 24);
    const jpegOf = (options: { progressive?: boolean } = {}) =>
      sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
        .jpeg(options)
        .toBuffer();

    it.each([{ progressive: false }, { progressive: true }])(
      'is read as a whole where only the mark of its end is missing: %j',
      async (options) => {
        const jpeg = await jpegOf(options);
        const whole = await decodeImage(file('whole.jpg', jpeg));
        expect(await decodeImage(file('no-end.jpg', jpeg.subarray(0, -2)))).toEqual(whole);
        expect(await decodeImage(file('half-an-end.jpg', jpeg.subarray(0, -1)))).toEqual(whole);
      },
    );

    it('is read where a few bytes are missing: all rows above the last are there', async () => {
      const jpeg = await jpegOf();
      const whole = await decodeImage(file('whole.jpg', jpeg));
      const { data } = await decodeImage(file('short.jpg', jpeg.subarray(0, -40)));
      // The chroma of row 47 is smoothed with that of the rows below.
      const above = 47 * 64 * 3;
      expect(Buffer.compare(data.subarray(0, above), whole.data.subarray(0, above))).toBe(0);
    });

    it('is read where a progressive one lacks the last bit of precision', async () => {
      const jpeg = await jpegOf({ progressive: true });
      const whole = await decodeImage(file('whole.jpg', jpeg));
      const { data } = await decodeImage(file('short.jpg', jpeg.subarray(0, -10)));
      const differences = Array.from(data, (value, at) => Math.abs(value - whole.data[at]!));
      expect(differences.reduce((sum, difference) => sum + difference) / data.length).toBeLessThan(2);
      const path = file('early.jpg', jpeg.subarray(0, jpeg.length / 3));
      await expect(decodeImage(path)).rejects.toThrow(`a truncated or damaged JPEG file: ${path}`);
    });

    it('is truncated where more is missing', async () => {
      const jpeg = await jpegOf();
      const path = file('half.jpg', jpeg.subarray(0, jpeg.length / 2));
      await expect(decodeImage(path)).rejects.toThrow(`a truncated or damaged JPEG file: ${path}`);
    });
  });
});

describe('a file of a volume', () => {
  const volume = dirname(file('outside.jpg', ''));
  mkdirSync(join(volume, 'volume/folder'), { recursive: true });
  const root = join(volume, 'volume');
  const link = (target: string, name: string) => {
    symlinkSync(target, join(root, name));
    return join(root, name);
  };

  it('may be a link inside it', async () => {
    const png = await sharp(red).png().toBuffer();
    file('volume/folder/real.png', png);
    expect(await decodeInside(link('folder/real.png', 'inside.png'), root)).toMatchObject({ width: 4 });
    expect(await decodeInside(join(link('folder', 'again'), 'real.png'), root)).toMatchObject({ width: 4 });
  });

  it.each([
    ['a link to a file', () => link('/etc/passwd', 'passwd.jpg')],
    ['a link with dots', () => link('../outside.jpg', 'dots.jpg')],
    ['a link to a folder', () => join(link('..', 'up'), 'outside.jpg')],
    ['a link to a link', () => link('passwd.jpg', 'twice.jpg')],
  ])('is refused by name where it is %s outside', async (_, make) => {
    const path = make();
    await expect(decodeInside(path, root)).rejects.toMatchObject({
      code: 'IMAGE_OUTSIDE',
      message: `a link leads out of the volume: ${path}`,
    });
  });

  it('is a regular file', async () => {
    await expect(decodeInside('/dev/null', '/dev')).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: 'not a regular file: /dev/null',
    });
  });
});

/** The header of a grey PNG, and no pixels. */
function pngHeader(width: number, height: number): Buffer {
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  const header = chunk('IHDR', Buffer.concat([size, Buffer.of(1, 0, 0, 0, 0)]));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    header,
    chunk('IDAT', Buffer.alloc(10)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
