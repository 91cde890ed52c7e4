import { describe, expect, it } from 'vitest';
import { placePicture } from '../../../src/worker/image/place.ts';

/** Red counts columns, green rows; blue is 200. */
function grid(width: number, height: number) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return [10 * (pixel % width), 10 * Math.floor(pixel / width), 200][at % 3]!;
  });
  return { data, width, height };
}

const size = { width: 4, height: 4 };

/** Red and green of each pixel, in tens; `..` is padding. */
function drawn(slot: Uint8Array): string[] {
  return Array.from({ length: size.height }, (_, row) =>
    Array.from({ length: size.width }, (_, column) => {
      const at = (row * size.width + column) * 3;
      return slot[at + 2] === 200 ? `${slot[at]! / 10}${slot[at + 1]! / 10}` : '..';
    }).join(' '),
  );
}

describe('placement', () => {
  it.each([
    [
      'letterbox',
      grid(4, 2),
      ['.. .. .. ..', '00 10 20 30', '01 11 21 31', '.. .. .. ..'],
      { left: 0, top: 1, scaleX: 1, scaleY: 1 },
    ],
    [
      'letterbox',
      grid(2, 4),
      ['.. 00 10 ..', '.. 01 11 ..', '.. 02 12 ..', '.. 03 13 ..'],
      { left: 1, top: 0, scaleX: 1, scaleY: 1 },
    ],
    [
      'top-left',
      grid(4, 2),
      ['00 10 20 30', '01 11 21 31', '.. .. .. ..', '.. .. .. ..'],
      { left: 0, top: 0, scaleX: 1, scaleY: 1 },
    ],
    [
      'top-left',
      grid(3, 4),
      ['00 10 20 ..', '01 11 21 ..', '02 12 22 ..', '03 13 23 ..'],
      { left: 0, top: 0, scaleX: 1, scaleY: 1 },
    ],
    [
      'stretch',
      grid(8, 4),
      ['0.50 2.50 4.50 6.50', '0.51 2.51 4.51 6.51', '0.52 2.52 4.52 6.52', '0.53 2.53 4.53 6.53'],
      { left: 0, top: 0, scaleX: 0.5, scaleY: 1 },
    ],
    [
      'centre-crop',
      grid(6, 4),
      ['10 20 30 40', '11 21 31 41', '12 22 32 42', '13 23 33 43'],
      { left: -1, top: 0, scaleX: 1, scaleY: 1 },
    ],
  ] as const)('%s of %o', (placement, picture, rows, placed) => {
    const slot = new Uint8Array(48).fill(99);
    expect(placePicture(picture, placement, 114, size, slot)).toMatchObject(placed);
    expect(drawn(slot)).toEqual(rows);
  });

  it('pads with the byte that is asked for', () => {
    const slot = new Uint8Array(48);
    placePicture(grid(4, 2), 'top-left', 7, size, slot);
    expect([...slot.subarray(24)]).toEqual(new Array(24).fill(7));
  });
});
