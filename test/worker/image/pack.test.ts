import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../../src/worker/image/pack.ts';
import { placePicture } from '../../../src/worker/image/place.ts';

/** The model's input for a picture of a fixed pattern, as rows of R, G and B bytes. */
function packed(width: number, height: number, side: number): Uint8Array {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => Math.imul(at, 2654435761) >>> 24);
  const size = { width: side, height: side };
  const input = new Uint8Array(3 * side * side).fill(7);
  placePicture({ data, width, height }, 'letterbox', 114, size, input);
  return input;
}

describe('packing', () => {
  // Made with opencv-python-headless 4.10.0 and 5.0.0, which agree: resize(INTER_LINEAR) and copyMakeBorder(114).
  it.each([
    [640, 427, 320, 'a702cdac8fd1d5db'],
    [500, 375, 640, 'ddcb47b829e30dab'],
    [1280, 960, 640, '7ff2afd74420986f'],
    [33, 17, 64, 'cacd30d3af678a3d'],
    [333, 1000, 640, '2933175712259954'],
    [3, 2, 32, '31352c469f2dedf3'],
    [1, 1, 32, 'a0365e85e6627be3'],
    [641, 480, 640, '8bbb3e4529927de1'],
    [4000, 3000, 640, '934ede7d3bd267db'],
  ])('resizes and pads %i x %i to %i as OpenCV does, bit for bit', (width, height, side, hash) => {
    expect(
      createHash('sha256')
        .update(packed(width, height, side))
        .digest('hex')
        .slice(0, 16),
    ).toBe(hash);
  });

  it('only pads a picture of the right size', () => {
    const data = Uint8Array.of(0, 51, 255, 255, 51, 0);
    const input = new Uint8Array(12);
    drawPicture(
      { data, width: 2, height: 1 },
      { width: 2, height: 1, left: 0, top: 0 },
      { width: 2, height: 2 },
      114,
      input,
    );
    expect([...input]).toEqual([...data, ...new Array(6).fill(114)]);
  });

  it('leaves a picture that is thinner than a pixel of the input to the padding', () => {
    expect(new Set(packed(1000, 1, 32))).toEqual(new Set([114]));
  });
});
