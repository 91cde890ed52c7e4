import { appendFile, open, readFile, writeFile } from 'node:fs/promises';
import { MillraceError } from '../../errors.ts';

/** `<f8`: 64-bit floating point; `<i4`: 32-bit integers. Both little-endian, as this machine's typed arrays are. */
export type NpyType = '<f8' | '<i4';

/** Every count of rows fits, so that the header can be written last. */
const headerBytes = 128;

/** Header of a one-dimensional array: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
function npyHeader(type: NpyType, length: number): Buffer {
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${length},), }`;
  const header = Buffer.alloc(headerBytes, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(headerBytes - 10, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', headerBytes - 1, 'latin1');
  return header;
}

/** A file of one column that grows piece by piece. It is open only while a piece is written: a table may have thousands of columns. */
export class NpyFile {
  readonly #file: string;
  readonly #type: NpyType;
  readonly #values: Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  #held = 0;
  #written = 0;

  /** @param pieceLength number of values that are held in memory */
  constructor(file: string, type: NpyType, pieceLength: number) {
    this.#file = file;
    this.#type = type;
    this.#values = type === '<f8' ? new Float64Array(pieceLength) : new Int32Array(pieceLength);
  }

  /** @returns whether the piece is full: `flush` it before the next value */
  push(value: number): boolean {
    this.#values[this.#held++] = value;
    return this.#held === this.#values.length;
  }

  async flush(): Promise<void> {
    if (this.#written === 0) await writeFile(this.#file, npyHeader(this.#type, 0));
    await appendFile(this.#file, new Uint8Array(this.#values.buffer, 0, this.#held * this.#values.BYTES_PER_ELEMENT));
    this.#written += this.#held;
    this.#held = 0;
  }

  /** Writes the rest, and the header with the length. */
  async close(): Promise<void> {
    await this.flush();
    const handle = await open(this.#file, 'r+');
    try {
      await handle.write(npyHeader(this.#type, this.#written), 0, headerBytes, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** Reads a column of 64-bit floating-point numbers, as the trainer writes it. @throws {MillraceError} TRAIN_DEFECT */
export async function readDoubles(file: string, length: number): Promise<Float64Array> {
  const bytes = await readFile(file);
  const start = 10 + bytes.readUInt16LE(8);
  const isWhole = bytes.toString('latin1', 10, start).includes("'<f8'") && bytes.length === start + length * 8;
  if (!isWhole) throw new MillraceError('TRAIN_DEFECT', 'the trainer has written a column of another length or type');
  return Float64Array.from({ length }, (_, at) => bytes.readDoubleLE(start + at * 8));
}
