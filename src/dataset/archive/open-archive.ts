import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { MillraceError } from '../../errors.ts';
import { chunksOf } from '../sources/files.ts';
import type { OpenedArchive } from './archive.ts';
import { openFolder } from './read-folder.ts';
import { tarArchive } from './read-tar.ts';
import { zipArchive } from './read-zip.ts';

const kinds = [
  { at: 0, bytes: [0x50, 0x4b, 0x03, 0x04], open: zipArchive },
  { at: 0, bytes: [0x50, 0x4b, 0x05, 0x06], open: zipArchive },
  { at: 0, bytes: [0x1f, 0x8b], open: (file: string, size: number) => tarArchive(file, size, { compressed: true }) },
  {
    at: 257,
    bytes: [...Buffer.from('ustar')],
    open: (file: string, size: number) => tarArchive(file, size, { compressed: false }),
  },
];

/**
 * Opens a zip, tar, or tar.gz, whatever its name is, or a folder.
 * @throws {MillraceError} DATASET_UNREADABLE, DATASET_TRUNCATED if it is empty, DATASET_ARCHIVE if it is of another kind
 */
export async function openArchive(file: string): Promise<OpenedArchive> {
  if (await isFolder(file)) return openFolder(file);
  const hash = createHash('sha256');
  let size = 0;
  let start = Buffer.alloc(0);
  for await (const chunk of chunksOf(file)) {
    if (size === 0) start = Buffer.from(chunk.subarray(0, 512));
    hash.update(chunk);
    size += chunk.length;
  }
  if (size === 0) throw new MillraceError('DATASET_TRUNCATED', `${file} is empty`);
  const kind = kinds.find(({ at, bytes }) => bytes.every((byte, index) => start[at + index] === byte));
  if (kind === undefined)
    throw new MillraceError('DATASET_ARCHIVE', `${file} is not a zip, tar or tar.gz archive`, {
      hint: 'unpack it, and name the files with --annotations and --images',
    });
  return { ...kind.open(file, size), digest: hash.digest('hex') };
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  return stats?.isDirectory() ?? false;
}
