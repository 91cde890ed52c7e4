import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { MillraceError } from '../../errors.ts';

/** Each read waits for another thread, which takes milliseconds on a busy machine. Larger chunks have more rows in memory at once. */
const chunkSize = 256 * 1024;

/** Maximum size of a file that is read as a whole. The largest of PASCAL VOC has 20 kB. */
const largestText = 16 * 1024 * 1024;

/** Opens a regular file. A pipe does not block. @throws {MillraceError} DATASET_UNREADABLE */
async function openFile(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error) => {
    throw unreadable(file, error);
  });
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw new MillraceError(
    'DATASET_UNREADABLE',
    `${file} is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}; expected a file`,
  );
}

/** @throws {MillraceError} DATASET_UNREADABLE if it is not a folder that exists */
export async function requireFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch((error) => {
    throw unreadable(folder, error);
  });
  if (!stats.isDirectory()) throw new MillraceError('DATASET_UNREADABLE', `${folder} is not a folder`);
}

/**
 * Reads the bytes of a file in chunks. A chunk is valid until the next one is asked for: all of them share one buffer, as garbage outside
 * the heap is collected late. @throws {MillraceError} DATASET_UNREADABLE
 */
export async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const handle = await openFile(file);
  try {
    const buffer = new Uint8Array(chunkSize);
    for (;;) {
      const { bytesRead } = await handle.read(buffer);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

/** Reads a text in UTF-8. @throws {MillraceError} DATASET_UNREADABLE, DATASET_INVALID */
export async function readText(file: string, where = file): Promise<string> {
  const handle = await openFile(file);
  try {
    const { size } = await handle.stat();
    if (size > largestText) throw tooLarge(where);
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    if (error instanceof TypeError) throw new MillraceError('DATASET_INVALID', `${where} is not text in UTF-8`);
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

function tooLarge(where: string): MillraceError {
  return new MillraceError('DATASET_INVALID', `${where} is larger than ${largestText / 2 ** 20} MiB`);
}

/**
 * Lists the files of a folder and its subfolders whose names end in one of `extensions`, as paths below it with `/`, sorted by code units.
 * Files that macOS and others hide are left out.
 * @throws {MillraceError} DATASET_UNREADABLE
 */
export async function filesIn(folder: string, extensions: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    throw unreadable(folder, error);
  });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && !entry.parentPath.includes('__MACOSX'))
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'))
    .filter((name) => extensions.some((extension) => name.toLowerCase().endsWith(extension)))
    .sort();
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a folder, or a part of its path is not',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ELOOP: 'is a link to itself',
};

export function unreadable(file: string, cause: unknown): unknown {
  if (cause instanceof MillraceError) return cause;
  const { code = '' } = Object(cause) as { readonly code?: string };
  return new MillraceError('DATASET_UNREADABLE', `${file} ${reasons[code] ?? `cannot be read (${code})`}`, { cause });
}
