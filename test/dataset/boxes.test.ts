import { describe, expect, it } from 'vitest';
import { fromVoc, fromYolo, toVoc, toYolo } from '../../src/dataset/boxes.ts';

/** Values computed by hand from the formats' own definitions. */
describe('a box of PASCAL VOC', () => {
  it('counts pixels from 1 and includes the last one', () => {
    expect(fromVoc({ xmin: 1, ymin: 1, xmax: 1, ymax: 1 })).toEqual({ x: 0, y: 0, width: 1, height: 1 });
    expect(fromVoc({ xmin: 228, ymin: 35, xmax: 347, ymax: 90 })).toEqual({ x: 227, y: 34, width: 120, height: 56 });
    expect(toVoc({ x: 227, y: 34, width: 120, height: 56 })).toEqual({ xmin: 228, ymin: 35, xmax: 347, ymax: 90 });
  });

  it('may have its corners in the wrong order', () => {
    expect(fromVoc({ xmin: 20, ymin: 9, xmax: 11, ymax: 5 })).toEqual({ x: 10, y: 4, width: 10, height: 5 });
  });

  it('may be empty', () => {
    const box = { x: 4, y: 2, width: 3, height: 0 };
    expect(toVoc(box)).toEqual({ xmin: 5, ymin: 3, xmax: 7, ymax: 2 });
    expect(fromVoc(toVoc(box))).toEqual(box);
  });

  it('may have fractions', () => {
    expect(fromVoc({ xmin: 1.5, ymin: 2.25, xmax: 10, ymax: 4 })).toEqual({
      x: 0.5,
      y: 1.25,
      width: 9.5,
      height: 2.75,
    });
  });
});

describe('a box of YOLO', () => {
  const size = { width: 640, height: 480 };

  it('has its centre and size as shares of the picture', () => {
    const box = { x: 240, y: 180, width: 160, height: 120 };
    expect(toYolo(box, size)).toEqual({ x: 0.5, y: 0.5, width: 0.25, height: 0.25 });
    expect(fromYolo({ x: 0.5, y: 0.5, width: 0.25, height: 0.25 }, size)).toEqual(box);
    expect(toYolo({ x: 0, y: 0, width: 64, height: 48 }, size)).toEqual({ x: 0.05, y: 0.05, width: 0.1, height: 0.1 });
  });

  it('gives the same box again, to the 1/10000 pixel that is stored', () => {
    for (const width of [1, 3, 333, 640, 9999, 65_535]) {
      const box = { x: 0.1234, y: 61.87, width: 296.42, height: 103.18 };
      expect(fromYolo(toYolo(box, { width, height: 427 }), { width, height: 427 })).toEqual(box);
    }
  });
});
