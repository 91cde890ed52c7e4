import type { Box } from '../../../box.ts';
import type { PlacedPicture } from '../../image/placing.ts';
import type { OutputTensor } from '../../model/model.ts';
import { type RunLengths, runLengths } from './run-length.ts';

/**
 * The mask of a detection at the picture's size: the prototypes of its picture weighted by its coefficients, enlarged bilinearly, where
 * above 0 and inside the box. https://github.com/ultralytics/ultralytics/blob/main/ultralytics/utils/ops.py (process_mask_native)
 * @param box in pixels of the picture
 */
export function maskOf(
  prototypes: OutputTensor,
  picture: number,
  coefficients: Float32Array,
  box: Box,
  lies: PlacedPicture,
): RunLengths {
  const [, , rows, columns] = prototypes.dims as [number, number, number, number];
  const logits = weighted(prototypes, picture, coefficients);
  const { input, placed } = lies;
  const { left, top, scaleX, scaleY } = placed;
  const at = bilinear(logits, rows, columns);
  const [stepX, stepY] = [columns / input.width, rows / input.height];
  const pixels = {
    x1: Math.max(0, Math.ceil(box.x1)),
    y1: Math.max(0, Math.ceil(box.y1)),
    x2: Math.min(lies.width, Math.ceil(box.x2)),
    y2: Math.min(lies.height, Math.ceil(box.y2)),
  };
  const across = (x: number) => (left + (x + 0.5) * scaleX) * stepX - 0.5;
  const down = (y: number) => (top + (y + 0.5) * scaleY) * stepY - 0.5;
  return runLengths(lies, pixels, (x, y) => at(across(x), down(y)) > 0);
}

function weighted({ data, dims }: OutputTensor, picture: number, coefficients: Float32Array): Float32Array {
  const [, count, rows, columns] = dims as [number, number, number, number];
  const plane = rows * columns;
  const sum = new Float32Array(plane);
  for (const [index, coefficient] of coefficients.entries()) {
    const start = (picture * count + index) * plane;
    for (let at = 0; at < plane; at++) sum[at] = sum[at]! + coefficient * data[start + at]!;
  }
  return sum;
}

function bilinear(values: Float32Array, rows: number, columns: number): (x: number, y: number) => number {
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return (x, y) => {
    const [cx, cy] = [within(x, columns - 1), within(y, rows - 1)];
    const [x0, y0] = [Math.floor(cx), Math.floor(cy)];
    const [x1, y1] = [Math.min(x0 + 1, columns - 1), Math.min(y0 + 1, rows - 1)];
    const [right, below] = [cx - x0, cy - y0];
    const upper = values[y0 * columns + x0]! * (1 - right) + values[y0 * columns + x1]! * right;
    const lower = values[y1 * columns + x0]! * (1 - right) + values[y1 * columns + x1]! * right;
    return upper * (1 - below) + lower * below;
  };
}
