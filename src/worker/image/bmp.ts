import type { Pixels } from './pixels.ts';

/** A BMP that cannot be decoded; the message says why. */
export class BmpError extends Error {}

/** Where the parts of the file lie. */
interface Layout {
  readonly width: number;
  readonly height: number;
  /** Whether the first row is the upper one. */
  readonly topDown: boolean;
  readonly bits: number;
  /** Offset of the first row. */
  readonly start: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

const headerLength = 14;
const compressions = { rgb: 0, bitfields: 3, alphaBitfields: 6 };
const compressed: Readonly<Record<number, string>> = { 1: 'run-length', 2: 'run-length', 4: 'JPEG', 5: 'PNG' };

/**
 * An uncompressed Windows bitmap of 1, 4, 8, 16, 24 or 32 bits a pixel; alpha is ignored, as OpenCV's imread does.
 * https://learn.microsoft.com/windows/win32/gdi/bitmap-structures
 *
 * @throws BmpError
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerLength + 12) throw new BmpError('a truncated BMP file');
  const infoLength = view.getUint32(14, true);
  const core = infoLength === 12;
  if (!core && infoLength < 40) throw new BmpError(`a BMP header of ${infoLength} bytes`);
  if (bytes.length < headerLength + infoLength) throw new BmpError('a truncated BMP file');
  const layout = core ? coreLayout(view) : infoLayout(view);
  checkLayout(layout, maxPixels);
  const compression = core ? compressions.rgb : view.getUint32(30, true);
  checkCompression(compression, layout.bits);
  if (layout.start + layout.stride * layout.height > bytes.length) throw new BmpError('a truncated BMP file');
  const read = layout.bits <= 8 ? indexed(view, layout, infoLength) : direct(view, layout, compression);
  return readRows(layout, read);
}

function coreLayout(view: DataView): Layout {
  return layoutOf(view, view.getUint16(18, true), view.getUint16(20, true), view.getUint16(24, true));
}

function infoLayout(view: DataView): Layout {
  return layoutOf(view, view.getInt32(18, true), view.getInt32(22, true), view.getUint16(28, true));
}

function layoutOf(view: DataView, width: number, height: number, bits: number): Layout {
  const stride = Math.ceil((width * bits) / 32) * 4;
  const start = view.getUint32(10, true);
  return { width, height: Math.abs(height), topDown: height < 0, bits, start, stride };
}

function checkLayout({ width, height, bits }: Layout, maxPixels: number): void {
  if (width <= 0 || height === 0) throw new BmpError(`a BMP of ${width} x ${height} pixels`);
  if (width * height > maxPixels) throw new BmpError(tooManyPixels(width, height, maxPixels));
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new BmpError(`a BMP of ${bits} bits a pixel is not supported`);
}

export function tooManyPixels(width: number, height: number, most: number): string {
  return `${width} x ${height} pixels, more than the limit of ${most}`;
}

function checkCompression(compression: number, bits: number): void {
  if (compression === compressions.rgb) return;
  const isMasks = compression === compressions.bitfields || compression === compressions.alphaBitfields;
  if (isMasks && (bits === 16 || bits === 32)) return;
  const name = compressed[compression] ?? 'unknown';
  throw new BmpError(`a BMP with ${name} compression is not supported; save it uncompressed`);
}

/** Writes the R, G and B of the pixel of a column, whose row begins at `row`. */
type ReadPixel = (row: number, column: number, data: Uint8Array, to: number) => void;

function indexed(view: DataView, { bits, start }: Layout, infoLength: number): ReadPixel {
  const entry = infoLength === 12 ? 3 : 4;
  const palette = headerLength + infoLength;
  const colours = Math.min(2 ** bits, Math.floor((Math.max(start, palette) - palette) / entry));
  const perByte = 8 / bits;
  return (row, column, data, to) => {
    const byte = view.getUint8(row + Math.floor(column / perByte));
    const index = (byte >> (8 - bits * ((column % perByte) + 1))) & (2 ** bits - 1);
    if (index >= colours) return;
    const from = palette + index * entry;
    for (let channel = 0; channel < 3; channel++) data[to + channel] = view.getUint8(from + 2 - channel);
  };
}

function direct(view: DataView, { bits }: Layout, compression: number): ReadPixel {
  if (bits === 24) {
    return (row, column, data, to) => {
      for (let channel = 0; channel < 3; channel++) data[to + channel] = view.getUint8(row + 3 * column + 2 - channel);
    };
  }
  const masks = masksOf(view, bits, compression);
  const shifts = masks.map(topBit);
  const bytes = bits / 8;
  return (row, column, data, to) => {
    const at = row + bytes * column;
    const value = bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
    for (let channel = 0; channel < 3; channel++) {
      const part = (value & masks[channel]!) >>> 0;
      const shift = shifts[channel]! - 7;
      data[to + channel] = shift < 0 ? part << -shift : part >>> shift;
    }
  };
}

function masksOf(view: DataView, bits: number, compression: number): readonly number[] {
  if (compression !== compressions.rgb) return [54, 58, 62].map((at) => view.getUint32(at, true));
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
}

function topBit(mask: number): number {
  return 31 - Math.clz32(mask);
}

function readRows({ width, height, topDown, start, stride }: Layout, read: ReadPixel): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = start + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++, to += 3) read(row, x, data, to);
  }
  return { data, width, height };
}
