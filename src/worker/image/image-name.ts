import { MillraceError } from '../../errors.ts';

/** Longer than a path (PATH_MAX) or the URLs that servers accept. */
const maxNameBytes = 8192;

/**
 * An image's name from the bytes that the server sends; null: they are the image itself. Files of all formats contain bytes that are
 * not UTF-8, or NULs, or are documents of several lines; no name is any of these.
 */
export function nameOf(value: Buffer): string | null {
  if (value.length > maxNameBytes) return null;
  const name = textOf(withoutPadding(value));
  return name === null || /[\0\n]/.test(name) ? null : name;
}

function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A BINARY(n) comes with NULs to its length, and no path holds one. */
function withoutPadding(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/** What is wrong with a name itself, before any file is looked for; null: nothing. */
export function nameProblem(image: string | null): MillraceError | null {
  if (image === null || image === '') return new MillraceError('IMAGE_MISSING', 'the row names no image');
  return null;
}

export function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(name);
}
