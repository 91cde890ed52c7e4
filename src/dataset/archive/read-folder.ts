import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { chunksOf, unreadable } from '../sources/files.ts';
import type { ArchiveEntry, OpenedArchive } from './archive.ts';

/** A folder, whose files are copied like those of an archive. Its digest is that of the names, sizes and times of its files. */
export async function openFolder(folder: string): Promise<OpenedArchive> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    throw unreadable(folder, error);
  });
  const hash = createHash('sha256');
  const entries: ArchiveEntry[] = [];
  for (const entry of found.filter((entry) => !entry.isDirectory())) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    const { size, mtimeMs } = entry.isFile() ? await stat(path) : { size: 0, mtimeMs: 0 };
    const kind = entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'device';
    entries.push({ name, kind, size, open: async () => chunksOf(path) });
    hash.update(JSON.stringify([name, size, mtimeMs]));
  }
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  return {
    file: folder,
    size,
    digest: hash.digest('hex'),
    entries: async function* () {
      yield* entries;
    },
  };
}
