import { MillraceError } from '../../errors.ts';

/** An image as it is stored. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** What messages call it: its path, its URL, or the column that contains it. */
  readonly name: string;
}

/** An image that can be read when it is its turn. */
export interface ImageSource {
  /** @throws {MillraceError} IMAGE_… */
  read(): Promise<EncodedImage>;
}

/** Maximum size of a stored image. Several are in memory at once. */
export const maxImageBytes = 256 * 2 ** 20;

/** @throws {MillraceError} IMAGE_BROKEN */
export function checkSize(bytes: number, name: string): void {
  if (bytes <= maxImageBytes) return;
  throw new MillraceError('IMAGE_BROKEN', `${bytes} bytes, more than the limit of ${maxImageBytes}: ${name}`);
}
