import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { jpegHeader } from '../../../src/worker/image/jpeg-header.ts';

const plain = () => sharp({ create: { width: 20, height: 10, channels: 3, background: '#805020' } });

describe("a JPEG's header is read", () => {
  it.each([
    ['RGB', 3, () => plain().jpeg()],
    ['RGB, progressive', 3, () => plain().jpeg({ progressive: true })],
    ['RGB with metadata', 3, () => plain().withMetadata({ orientation: 6 }).jpeg()],
    ['grey', 1, () => plain().toColourspace('b-w').jpeg()],
    ['CMYK', 4, () => plain().toColourspace('cmyk').jpeg()],
  ])('%s', async (_, components, image) => {
    expect(jpegHeader(await image().toBuffer())).toEqual({ width: 20, height: 10, components });
  });

  it('is unknown where it ends or is something else', async () => {
    const whole = await plain().jpeg().toBuffer();
    expect(jpegHeader(whole.subarray(0, 30))).toBeNull();
    expect(jpegHeader(Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 2))).toBeNull();
    expect(jpegHeader(Uint8Array.of(0xff, 0xd8, 0x00, 0xc0))).toBeNull();
  });
});
