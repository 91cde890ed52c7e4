import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '../../errors.ts';
import { pathInside } from '../volume-path.ts';
import { checkSize, type EncodedImage } from './encoded-image.ts';

/** Reads a file that is the caller's own. */
export function readOwnImage(file: string): Promise<EncodedImage> {
  return readImage(file, null);
}

/**
 * Reads an image's file.
 * @param root the folder that no link may lead out of; null: the file is the caller's own
 * @throws MillraceError IMAGE_MISSING, IMAGE_OUTSIDE, IMAGE_UNREADABLE or IMAGE_BROKEN
 */
export async function readImage(file: string, root: string | null): Promise<EncodedImage> {
  try {
    const path = await pathInside(file, root);
    if (path === null) throw new MillraceError('IMAGE_OUTSIDE', `a link leads out of the volume: ${file}`);
    const bytes = await readRegularFile(path, file);
    if (bytes.length === 0) throw new MillraceError('IMAGE_BROKEN', `empty file: ${file}`);
    return { bytes, name: file };
  } catch (error) {
    throw error instanceof MillraceError ? error : unreadable(file, error as NodeJS.ErrnoException);
  }
}

/** A link put there meanwhile is not followed, and a pipe does not hold it up. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function readRegularFile(path: string, file: string): Promise<Uint8Array> {
  const handle = await open(path, flags);
  try {
    const stats = await handle.stat();
    // A folder says EISDIR when it is read.
    if (!stats.isFile() && !stats.isDirectory())
      throw new MillraceError('IMAGE_UNREADABLE', `not a regular file: ${file}`);
    checkSize(stats.size, file);
    return stats.isDirectory() ? await handle.readFile() : await readAll(handle, stats.size);
  } finally {
    await handle.close();
  }
}

/** `handle.readFile` asks for the size a second time, and reads once more past the end. A file may shrink meanwhile; what it grows by is not read. */
async function readAll(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(bytes, at, size - at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}

function unreadable(file: string, cause: NodeJS.ErrnoException): MillraceError {
  const reason = cause.code;
  if (reason === 'ENOENT' || reason === 'ENOTDIR')
    return new MillraceError('IMAGE_MISSING', `no such file: ${file}`, { cause });
  return new MillraceError('IMAGE_UNREADABLE', `cannot be read (${reason}): ${file}`, { cause });
}
