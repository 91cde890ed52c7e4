import type { Size } from '../../../image/letterbox.ts';

/** Strides that heads of YOLO models have: the usual ones are 8, 16 and 32; 4 makes a P2 model, 64 a P6 model. */
const strides = [2, 4, 8, 16, 32, 64, 128];

/** Sets of two strides or more. One coarse head alone would also fit the few boxes that are left after suppression. */
const pyramids = Array.from({ length: 2 ** strides.length }, (_, set) =>
  strides.filter((_, at) => set & (1 << at)),
).filter((heads) => heads.length > 1 && heads[0]! <= 16);

/** Strides of the heads that together propose so many boxes; null: none do. */
export function gridOf(boxes: number, { width, height }: Size): readonly number[] | null {
  const cells = (stride: number) => Math.ceil(width / stride) * Math.ceil(height / stride);
  return pyramids.find((heads) => heads.reduce((sum, stride) => sum + cells(stride), 0) === boxes) ?? null;
}

/** A cell of a head: its column and row, and how many pixels wide it is. */
export interface Cell {
  readonly column: number;
  readonly row: number;
  readonly stride: number;
}

/** The cells of all heads, in the order of the boxes: head by head, row by row. */
export function cellsOf(heads: readonly number[], { width, height }: Size): readonly Cell[] {
  return heads.flatMap((stride) => {
    const [columns, rows] = [Math.ceil(width / stride), Math.ceil(height / stride)];
    return Array.from({ length: columns * rows }, (_, at) => ({
      column: at % columns,
      row: Math.floor(at / columns),
      stride,
    }));
  });
}
