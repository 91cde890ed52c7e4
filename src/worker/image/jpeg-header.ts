import type { Size } from './letterbox.ts';

export interface JpegHeader extends Size {
  /** Colour components: 4 are C, M, Y, K. */
  readonly components: number;
}

/**
 * What a JPEG's frame header says (ITU-T T.81, B.2.2). Asking the decoder would open the file a second time.
 * @returns null where the header is not as usual
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader | null {
  const number = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  for (let at = 2; bytes[at] === 0xff && at + 10 <= bytes.length; at += 2 + number(at + 2)) {
    const marker = bytes[at + 1]!;
    if (isFrame(marker)) return { height: number(at + 5), width: number(at + 7), components: bytes[at + 9]! };
    const isScan = marker === 0xda;
    const hasNoLength = marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd9);
    if (isScan || hasNoLength) return null;
  }
  return null;
}

/** SOF0 to SOF15, among which DHT, JPG and DAC stand. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
