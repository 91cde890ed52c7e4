import { dirname } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../src/worker/image/decode.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const file = temporaryFolder();
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

  it('reads CMYK', async () => {
    const { data } = await decodeImage(file('cmyk.jpg', await sharp(red).toColourspace('cmyk').jpeg().toBuffer()));
    expect(data.length).toBe(24);
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
});
