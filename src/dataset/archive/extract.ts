import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Archive, ArchiveEntry } from './archive.ts';

/**
 * Writes files of archives below a folder, under their names in the archive. Their names have been checked by `listFiles`.
 * @param onProgress called with the number of bytes written
 * @throws {MillraceError} DATASET_ARCHIVE, DATASET_TRUNCATED, and errors of the file system
 */
export async function extractFiles(
  archives: readonly Archive[],
  names: ReadonlySet<string>,
  folder: string,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const made = new Set<string>();
  let written = 0;
  for (const archive of archives) {
    for await (const entry of archive.entries()) {
      if (entry.kind !== 'file' || !names.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
      made.add(dirname(path));
      await writeEntry(entry, path);
      written += entry.size;
      onProgress(written);
    }
  }
}

async function writeEntry(entry: ArchiveEntry, path: string): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    for await (const chunk of await entry.open()) await handle.writeFile(chunk);
  } finally {
    await handle.close();
  }
}
