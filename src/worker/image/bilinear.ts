import { roundHalfEven } from './letterbox.ts';

/** The two source pixels and their weights (in 1/2048) for every target pixel of one axis. */
export interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

const weightOne = 2048;

/**
 * Sampling positions of OpenCV's INTER_LINEAR for 8-bit pictures, whose weights have 11 bits
 * (`resizeGeneric_` in modules/imgproc/src/resize.cpp). Only columns lose their fraction at the edges.
 */
export function bilinearTaps(from: number, to: number, axis: 'column' | 'row'): Taps {
  const taps = {
    first: new Int32Array(to),
    second: new Int32Array(to),
    firstWeight: new Int32Array(to),
    secondWeight: new Int32Array(to),
  };
  const scale = 1 / (to / from);
  const last = from - 1;
  for (let target = 0; target < to; target++) {
    const position = Math.fround((target + 0.5) * scale - 0.5);
    const source = Math.floor(position);
    const atEdge = axis === 'column' && (source < 0 || source >= last);
    const fraction = atEdge ? 0 : Math.fround(position - source);
    taps.first[target] = clamp(source, last);
    taps.second[target] = clamp(source + 1, last);
    taps.firstWeight[target] = roundHalfEven(Math.fround(1 - fraction) * weightOne);
    taps.secondWeight[target] = roundHalfEven(fraction * weightOne);
  }
  return taps;
}

function clamp(index: number, last: number): number {
  return Math.min(Math.max(index, 0), last);
}
