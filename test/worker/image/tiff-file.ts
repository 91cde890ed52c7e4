export interface TiffSketch {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly bits: number;
  /** 1: unsigned, 2: signed, 3: float. */
  readonly sampleFormat: number;
  /** 1: grey, 2: RGB, 5: CMYK, 6: YCbCr, 8: CIELab. */
  readonly photometric: number;
  readonly data: Uint8Array;
}

/** An uncompressed little-endian TIFF of one strip. */
export function tiffFile({ width, height, samples, bits, sampleFormat, photometric, data }: TiffSketch): Buffer {
  const shorts: readonly (readonly [tag: number, values: readonly number[]])[] = [
    [256, [width]],
    [257, [height]],
    [258, new Array(samples).fill(bits)],
    [259, [1]],
    [262, [photometric]],
    [277, [samples]],
    [278, [height]],
    [339, new Array(samples).fill(sampleFormat)],
  ];
  const count = shorts.length + 2;
  const far = 8 + 2 + count * 12 + 4;
  const head = Buffer.alloc(far + 400);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(count, 8);
  let free = far;
  const entries = [
    ...shorts.map(([tag, values]) => ({ tag, type: 3, values })),
    { tag: 273, type: 4, values: [far + 400] },
  ];
  entries.push({ tag: 279, type: 4, values: [data.length] });
  for (const [index, { tag, type, values }] of entries.sort((a, b) => a.tag - b.tag).entries()) {
    const at = 10 + index * 12;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(values.length, at + 4);
    if (type === 4) head.writeUInt32LE(values[0]!, at + 8);
    else if (values.length <= 2) for (const [n, value] of values.entries()) head.writeUInt16LE(value, at + 8 + 2 * n);
    else {
      head.writeUInt32LE(free, at + 8);
      for (const value of values) free = head.writeUInt16LE(value, free);
    }
  }
  return Buffer.concat([head, data]);
}
