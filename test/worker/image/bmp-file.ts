export interface BmpSketch {
  readonly width: number;
  /** Negative: the first row is the upper one. */
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** Masks of R, G, B, or colours as B, G, R, 0. */
  readonly table?: readonly number[];
  /** Rows as stored, each to a multiple of four bytes. */
  readonly rows: readonly (readonly number[])[];
}

/** A BMP with a BITMAPINFOHEADER. */
export function bmpFile({ width, height, bits, compression = 0, table = [], rows }: BmpSketch): Buffer {
  const head = Buffer.alloc(54);
  head.write('BM', 'latin1');
  head.writeUInt32LE(54 + table.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  return Buffer.concat([head, Buffer.from(table), Buffer.from(rows.flat())]);
}
