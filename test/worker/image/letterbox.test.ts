import { describe, expect, it } from 'vitest';
import { letterbox, roundHalfEven, unroundedCorner } from '../../../src/worker/image/letterbox.ts';

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
