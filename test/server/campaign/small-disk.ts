import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A disk of its own for one database's tables, which can be filled and emptied again. */
export interface SmallDisk {
  /** Leaves no room for another page. */
  fill(): Promise<void>;
  clear(): Promise<void>;
  unmount(): void;
}

/**
 * MariaDB 10.11 ends itself when its undo log finds no room, so only one database's folder is small.
 *
 * @param database its folder, with no table yet
 * @returns null where nothing can be mounted: that needs root
 */
export async function mountSmallDisk(database: string, mebibytes: number): Promise<SmallDisk | null> {
  const settings = `${database}.opt`;
  await mkdir(settings, { recursive: true });
  const files = await readdir(database);
  for (const file of files) await copyFile(join(database, file), join(settings, file));
  if (!mounted(['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', database])) return null;
  for (const file of files) await copyFile(join(settings, file), join(database, file));
  await rm(settings, { recursive: true });
  const filler = join(database, 'filler');
  return {
    async fill() {
      const { bavail, bsize } = await statfs(database);
      await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => {});
    },
    clear: () => rm(filler, { force: true }),
    unmount: () => void execFileSync('/bin/umount', ['--lazy', database]),
  };
}

function mounted(args: readonly string[]): boolean {
  try {
    execFileSync('/bin/mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
