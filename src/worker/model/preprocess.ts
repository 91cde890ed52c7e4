import type { Preprocessing } from './preprocessing.ts';

export type InputValues = Float32Array | Float16Array | Uint8Array;

/**
 * What the graph's first nodes do, for models that nothing can be written into.
 * @param pixels `[pictures, height, width, 3]`, R, G, B
 * @returns the values of the model's input, in its layout
 */
export function preprocess(pixels: Uint8Array, pictures: number, wanted: Preprocessing): InputValues {
  const plane = pixels.length / 3 / pictures;
  const isPlanar = wanted.layout === 'nchw';
  const values = new Float32Array(pixels.length);
  for (let channel = 0; channel < 3; channel++) {
    const from = wanted.order === 'rgb' ? channel : 2 - channel;
    const level = levels(from, wanted);
    for (let picture = 0; picture < pictures; picture++) {
      const start = picture * plane * 3;
      let to = isPlanar ? start + channel * plane : start + channel;
      for (let at = start + from; at < start + plane * 3; at += 3, to += isPlanar ? 1 : 3)
        values[to] = level[pixels[at]!]!;
    }
  }
  if (wanted.type === 'float32') return values;
  return wanted.type === 'uint8' ? Uint8Array.from(values) : Float16Array.from(values);
}

/** The value of each byte of a channel. */
function levels(channel: number, { type, scale, mean, deviation }: Preprocessing): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) =>
    type === 'uint8' ? byte : (byte * scale - mean[channel]!) / deviation[channel]!,
  );
}
