import { describe, expect, it } from 'vitest';
import { readYolov5 } from '../../../../src/worker/programs/detect/families/yolov5.ts';
import { readTransposedYolov8, readYolov8 } from '../../../../src/worker/programs/detect/families/yolov8.ts';

describe('YOLOv5 output', () => {
  const boxes = [
    [10, 20, 4, 8, 0.5, 0.5, 1],
    [10, 20, 4, 8, 0.25, 1, 1],
    [30, 30, 2, 2, 1, 0.75, 0.75],
    [50, 50, 2, 2, 0.5, 0.5, 0.5],
  ];
  const output = { data: Float32Array.from([...boxes.slice(2), ...boxes.slice(0, 2)].flat()), dims: [2, 2, 7] };

  it('multiplies objectness and class score, and takes the first of the best classes', () => {
    expect(readYolov5(output, 0, 0.25)).toEqual([
      { x1: 29, y1: 29, x2: 31, y2: 31, score: 0.75, classId: 0, index: 0 },
    ]);
  });

  it('leaves out what is not above the confidence', () => {
    expect(readYolov5(output, 1, 0.25)).toEqual([{ x1: 8, y1: 16, x2: 12, y2: 24, score: 0.5, classId: 1, index: 0 }]);
  });
});

describe('YOLOv8 output', () => {
  // Rows: cx, cy, w, h, then one per class; a column is a box.
  const picture = [
    [10, 30],
    [20, 30],
    [4, 2],
    [8, 2],
    [0.25, 0.5],
    [0.125, 0.5],
    [0.25, 0.75],
  ];
  const output = { data: Float32Array.from([new Array(14).fill(0), picture].flat(2)), dims: [2, 7, 2] };

  it('takes the best class of each box above the confidence', () => {
    expect(readYolov8(output, 1, 0.25)).toEqual([
      { x1: 29, y1: 29, x2: 31, y2: 31, score: 0.75, classId: 2, index: 1 },
    ]);
  });

  it('takes the first of equally good classes', () => {
    expect(readYolov8(output, 1, 0.125)[0]).toEqual({
      x1: 8,
      y1: 16,
      x2: 12,
      y2: 24,
      score: 0.25,
      classId: 0,
      index: 0,
    });
  });

  it('finds nothing in an empty picture', () => {
    expect(readYolov8(output, 0, 0.25)).toEqual([]);
  });
});

describe('scores that are not numbers', () => {
  const { NaN: none } = Number;
  const [good, bad] = [
    [10, 10, 4, 4],
    [none, none, none, none],
  ];

  it('are no score of YOLOv5', () => {
    const rows = [
      [...good, none, 1, 1],
      [...good, 1, none, none],
      [...good, 1, none, 0.75],
      [...bad, 0.1, none, 1],
    ];
    const output = { data: Float32Array.from(rows.flat()), dims: [1, 4, 7] };
    expect(readYolov5(output, 0, 0.25)).toMatchObject([{ score: 0.75, classId: 1 }]);
  });

  it('are no score of YOLOv8', () => {
    const rows = [
      [...good, none, none],
      [...good, none, 0.5],
      [...good, 0.75, none],
      [...bad, none, none],
    ];
    const expected = [
      { score: 0.5, classId: 1 },
      { score: 0.75, classId: 0 },
    ];
    const columns = [0, 1, 2, 3, 4, 5].map((value) => rows.map((row) => row[value]!));
    expect(readTransposedYolov8({ data: Float32Array.from(rows.flat()), dims: [1, 4, 6] }, 0, 0.25)).toMatchObject(
      expected,
    );
    expect(readYolov8({ data: Float32Array.from(columns.flat()), dims: [1, 6, 4] }, 0, 0.25)).toMatchObject(expected);
  });
});
