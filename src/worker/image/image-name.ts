import { MillraceError } from '../../errors.ts';

/** An image's name from the bytes that the server sends; undefined where they are no text. */
export function imageName(value: Buffer | null): string | null | undefined {
  if (value === null) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(withoutPadding(value));
  } catch {
    return undefined;
  }
}

/** A BINARY(n) comes with NULs to its length, and no path holds one. */
function withoutPadding(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/** What is wrong with a name itself, before any file is looked for; null: nothing. */
export function nameProblem(image: string | null | undefined): MillraceError | null {
  if (image === undefined) {
    const message = 'the row holds binary data where the path of an image is expected; --image_column names the column';
    return new MillraceError('IMAGE_MISSING', message);
  }
  if (image === null || image === '') return new MillraceError('IMAGE_MISSING', 'the row names no image');
  if (image.includes('\0')) return new MillraceError('IMAGE_MISSING', 'the name of the image holds a NUL character');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(image))
    return new MillraceError('IMAGE_MISSING', `a URL, and images are read from --image_dir only: ${image}`);
  return null;
}
