import { describe, expect, it } from 'vitest';
import { letterbox, rectangle, roundHalfEven, unroundedCorner } from '../../../src/worker/image/letterbox.ts';

const input = { width: 640, height: 640 };

describe('letterbox', () => {
  it.each([
    [
      'a picture of the input size',
      { width: 640, height: 640 },
      { width: 640, height: 640, left: 0, top: 0, scale: 1 },
    ],
    ['a wide picture', { width: 640, height: 480 }, { width: 640, height: 480, left: 0, top: 80, scale: 1 }],
    ['a high picture', { width: 480, height: 1280 }, { width: 240, height: 640, left: 200, top: 0, scale: 0.5 }],
    [
      'a small picture, which grows',
      { width: 320, height: 160 },
      { width: 640, height: 320, left: 0, top: 160, scale: 2 },
    ],
    [
      'an odd rest, of which the lesser half is above',
      { width: 640, height: 427 },
      { width: 640, height: 427, left: 0, top: 106, scale: 1 },
    ],
  ])('places %s', (_, picture, expected) => {
    expect(letterbox(picture, input)).toEqual(expected);
  });

  // By the formulas of LetterBox(new_shape=640, auto=True, stride=32).
  it.each([
    ['of the input size', [640, 640], [640, 640], [640, 640, 0, 0]],
    ['whose sides are multiples of the stride', [640, 480], [640, 480], [640, 480, 0, 0]],
    ['with an odd rest, of which the lesser half is above', [640, 427], [640, 448], [640, 427, 0, 10]],
    ['that shrinks', [1000, 333], [640, 224], [640, 213, 0, 5]],
    ['that grows', [500, 333], [640, 448], [640, 426, 0, 11]],
    ['that is high', [333, 500], [448, 640], [426, 640, 11, 0]],
    ['that is rounded down to a multiple', [997, 349], [640, 224], [640, 224, 0, 0]],
    ['that is rounded up to a multiple', [997, 348], [640, 224], [640, 223, 0, 0]],
    ['of a row of pixels', [1000, 1], [640, 32], [640, 1, 0, 15]],
  ] as const)('pads a picture to a rectangle: one %s', (_, [width, height], [across, down], [w, h, left, top]) => {
    expect(rectangle({ width, height }, input, 32)).toEqual({
      size: { width: across, height: down },
      area: { width: w, height: h, left, top },
    });
  });

  it('fills an input that is not square', () => {
    expect(letterbox({ width: 100, height: 100 }, { width: 64, height: 32 })).toEqual({
      width: 32,
      height: 32,
      left: 16,
      top: 0,
      scale: 0.32,
    });
  });

  it("keeps YOLOv5's unrounded corner", () => {
    expect(unroundedCorner({ width: 640, height: 427 }, 1, input)).toEqual({ left: 0, top: 106.5 });
  });

  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [2.4999, 2],
    [-0.5, 0],
    [-1.5, -2],
  ])('rounds %f to %f', (value, rounded) => {
    expect(roundHalfEven(value)).toBe(rounded);
  });
});
