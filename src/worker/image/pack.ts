import { bilinearTaps, type Taps } from './bilinear.ts';
import type { Letterbox, Size } from './letterbox.ts';
import type { Pixels } from './pixels.ts';

const channels = 3;
const padding = Math.fround(114 / 255);
const unit = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/**
 * Writes a picture into one slot of the model's input: resized as OpenCV does, padded with grey 114, as planes of
 * R, G and B in 0..1 (`input.length === 3 * size.width * size.height`).
 */
export function packImage(picture: Pixels, box: Letterbox, size: Size, input: Float32Array): void {
  padAround(box, size, input);
  if (box.width === picture.width && box.height === picture.height) copyRows(picture, box, size, input);
  else resizeRows(picture, box, size, input);
}

function padAround(box: Letterbox, size: Size, input: Float32Array): void {
  const plane = size.width * size.height;
  const right = box.left + box.width;
  for (let start = 0; start < channels * plane; start += plane) {
    input.fill(padding, start, start + box.top * size.width);
    input.fill(padding, start + (box.top + box.height) * size.width, start + plane);
    if (box.width === size.width) continue;
    for (let row = box.top; row < box.top + box.height; row++) {
      const rowStart = start + row * size.width;
      input.fill(padding, rowStart, rowStart + box.left);
      input.fill(padding, rowStart + right, rowStart + size.width);
    }
  }
}

function copyRows({ data }: Pixels, box: Letterbox, size: Size, input: Float32Array): void {
  const [red, green, blue] = planes(input, size);
  let from = 0;
  for (let row = 0; row < box.height; row++) {
    let to = (box.top + row) * size.width + box.left;
    for (const end = to + box.width; to < end; to++, from += channels) {
      red[to] = unit[data[from]!]!;
      green[to] = unit[data[from + 1]!]!;
      blue[to] = unit[data[from + 2]!]!;
    }
  }
}

function resizeRows(picture: Pixels, box: Letterbox, size: Size, input: Float32Array): void {
  const [red, green, blue] = planes(input, size);
  const rows = bilinearTaps(picture.height, box.height, 'row');
  const stretched = stretchedRows(picture, bilinearTaps(picture.width, box.width, 'column'));
  for (let row = 0; row < box.height; row++) {
    const [upper, lower] = stretched(rows.first[row]!, rows.second[row]!);
    const a = rows.firstWeight[row]!;
    const b = rows.secondWeight[row]!;
    let to = (box.top + row) * size.width + box.left;
    for (let from = 0; from < upper.length; from += channels, to++) {
      red[to] = unit[blend(upper[from]!, lower[from]!, a, b)]!;
      green[to] = unit[blend(upper[from + 1]!, lower[from + 1]!, a, b)]!;
      blue[to] = unit[blend(upper[from + 2]!, lower[from + 2]!, a, b)]!;
    }
  }
}

/** OpenCV's vertical pass (`VResizeLinear` with `FixedPtCast`): its shifts lose bits, and the results with them. */
function blend(upper: number, lower: number, upperWeight: number, lowerWeight: number): number {
  return (((upperWeight * (upper >> 4)) >> 16) + ((lowerWeight * (lower >> 4)) >> 16) + 2) >> 2;
}

function planes(input: Float32Array, { width, height }: Size): readonly [Float32Array, Float32Array, Float32Array] {
  const plane = width * height;
  return [input.subarray(0, plane), input.subarray(plane, 2 * plane), input.subarray(2 * plane)];
}

type RowPair = readonly [upper: Int32Array, lower: Int32Array];

/** Source rows stretched to the target's width, each computed once: the target's rows ask for them in order. */
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

function stretchRow(picture: Pixels, row: number, columns: Taps, values: Int32Array): void {
  const { data } = picture;
  const start = row * picture.width * channels;
  for (let column = 0, to = 0; column < columns.first.length; column++, to += channels) {
    const first = start + columns.first[column]! * channels;
    const second = start + columns.second[column]! * channels;
    const firstWeight = columns.firstWeight[column]!;
    const secondWeight = columns.secondWeight[column]!;
    values[to] = data[first]! * firstWeight + data[second]! * secondWeight;
    values[to + 1] = data[first + 1]! * firstWeight + data[second + 1]! * secondWeight;
    values[to + 2] = data[first + 2]! * firstWeight + data[second + 2]! * secondWeight;
  }
}
