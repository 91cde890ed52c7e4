import { bilinearTaps, type Taps } from './bilinear.ts';
import type { Size } from './letterbox.ts';
import type { Pixels } from './pixels.ts';

const channels = 3;

/** Where a picture is drawn. */
interface Area extends Size {
  readonly left: number;
  readonly top: number;
}

/** Draws a picture into rows of R, G, B bytes (`input.length === 3 * size.width * size.height`): resized as OpenCV does, with `padding` around. */
export function drawPicture(picture: Pixels, area: Area, size: Size, padding: number, input: Uint8Array): void {
  padAround(area, size, padding, input);
  if (area.width === picture.width && area.height === picture.height) copyRows(picture, area, size, input);
  else resizeRows(picture, area, size, input);
}

function padAround({ left, top, width, height }: Area, size: Size, padding: number, input: Uint8Array): void {
  const row = size.width * channels;
  input.fill(padding, 0, top * row);
  input.fill(padding, (top + height) * row);
  if (width === size.width) return;
  for (let start = top * row; start < (top + height) * row; start += row) {
    input.fill(padding, start, start + left * channels);
    input.fill(padding, start + (left + width) * channels, start + row);
  }
}

function copyRows({ data }: Pixels, { left, top, width, height }: Area, size: Size, input: Uint8Array): void {
  const length = width * channels;
  for (let row = 0; row < height; row++) {
    const to = ((top + row) * size.width + left) * channels;
    input.set(data.subarray(row * length, (row + 1) * length), to);
  }
}

function resizeRows(picture: Pixels, area: Area, size: Size, input: Uint8Array): void {
  const rows = bilinearTaps(picture.height, area.height, 'row');
  const stretched = stretchedRows(picture, bilinearTaps(picture.width, area.width, 'column'));
  for (let row = 0; row < area.height; row++) {
    const [upper, lower] = stretched(rows.first[row]!, rows.second[row]!);
    const to = ((area.top + row) * size.width + area.left) * channels;
    blendRows(upper, lower, rows.firstWeight[row]!, rows.secondWeight[row]!, input, to);
  }
}

/** OpenCV's vertical pass (`VResizeLinear` with `FixedPtCast`): its shifts lose bits, and the results with them. */
function blendRows(upper: Int32Array, lower: Int32Array, a: number, b: number, input: Uint8Array, start: number): void {
  const { length } = upper;
  for (let at = 0, to = start; at < length; at++, to++) {
    input[to] = ((Math.imul(a, upper[at]!) >> 16) + (Math.imul(b, lower[at]!) >> 16) + 2) >> 2;
  }
}

type RowPair = readonly [upper: Int32Array, lower: Int32Array];

/** Source rows stretched to the target's width, without the 4 bits that OpenCV drops, each computed once: the target's rows ask for them in order. */
function stretchedRows(picture: Pixels, columns: Taps): (upper: number, lower: number) => RowPair {
  const buffers = [0, 1].map(() => ({ row: -1, values: new Int32Array(columns.first.length * channels) }));
  const stretched = (row: number, keep: number): Int32Array => {
    const held = buffers.find((buffer) => buffer.row === row);
    if (held) return held.values;
    const free = buffers.find((buffer) => buffer.row !== keep)!;
    stretchRow(picture, row, columns, free.values);
    free.row = row;
    return free.values;
  };
  return (upper, lower) => [stretched(upper, lower), stretched(lower, upper)];
}

function stretchRow({ data, width }: Pixels, row: number, columns: Taps, values: Int32Array): void {
  const { first, second, firstWeight, secondWeight } = columns;
  const { length } = first;
  const start = row * width * channels;
  for (let column = 0, to = 0; column < length; column++, to += channels) {
    const one = start + Math.imul(first[column]!, channels);
    const other = start + Math.imul(second[column]!, channels);
    const a = firstWeight[column]!;
    const b = secondWeight[column]!;
    values[to] = (Math.imul(data[one]!, a) + Math.imul(data[other]!, b)) >> 4;
    values[to + 1] = (Math.imul(data[one + 1]!, a) + Math.imul(data[other + 1]!, b)) >> 4;
    values[to + 2] = (Math.imul(data[one + 2]!, a) + Math.imul(data[other + 2]!, b)) >> 4;
  }
}
