import { describe, expect, it } from 'vitest';
import { placeLabels } from '../../src/demo/contact-sheet-labels.ts';
import { layOut, overlap } from '../../src/demo/contact-sheet-layout.ts';

const grid = { x: 10, y: 20, width: 430, columns: 2, gap: 30 };

describe('the rows of a contact sheet', () => {
  it('are a plain grid for pictures of one shape', () => {
    const shape = { width: 640, height: 480 };
    expect(layOut([shape, shape, shape], grid)).toEqual([
      { x: 10, y: 20, width: 200, height: 150 },
      { x: 240, y: 20, width: 200, height: 150 },
      { x: 10, y: 200, width: 200, height: 150 },
    ]);
  });

  it('have one height each and end flush, whatever the shapes', () => {
    expect(
      layOut(
        [
          { width: 300, height: 100 },
          { width: 100, height: 100 },
        ],
        grid,
      ),
    ).toEqual([
      { x: 10, y: 20, width: 300, height: 100 },
      { x: 340, y: 20, width: 100, height: 100 },
    ]);
  });
});

describe('labels', () => {
  const picture = { x: 0, y: 0, width: 200, height: 200 };
  const size = { width: 60, height: 20 };
  const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

  it('are above their box', () => {
    expect(placeLabels([box(50, 50, 80, 80)], [size], picture)).toEqual([box(50, 30, 60, 20)]);
  });

  it('stay inside the picture', () => {
    expect(placeLabels([box(180, 5, 15, 15)], [size], picture)).toEqual([box(140, 0, 60, 20)]);
  });

  it('make room for each other and for other boxes', () => {
    const boxes = [box(50, 50, 80, 80), box(52, 52, 76, 76), box(60, 20, 20, 20)];
    const labels = placeLabels(boxes, [size, size, size], picture);
    for (const [at, label] of labels.entries()) {
      for (const other of labels.slice(at + 1)) expect(overlap(label, other)).toBe(0);
    }
    expect(overlap(labels[0]!, boxes[2]!)).toBe(0);
  });
});
