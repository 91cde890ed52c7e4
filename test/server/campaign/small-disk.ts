import { execFileSync } from 'node:child_process';
import { mkdir, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mounted } from '../../mounted.ts';

/** A disk of its own for some databases, which can be filled and emptied again. */
export interface SmallDisk {
  /** Leaves no room for another page. */
  fill(): Promise<void>;
  clear(): Promise<void>;
  /** Ends once the disk is not filled. */
  room(): Promise<void>;
  unmount(): void;
}

/**
 * MariaDB 10.11 ends itself when its undo log finds no room, so only the folders of some databases are small. A link to a folder is
 * a database: https://mariadb.com/kb/en/create-database/#files
 *
 * @param folder that of MariaDB's data and more
 * @param databases none of which is there yet
 * @returns null where nothing can be mounted: that needs root
 */
export async function mountSmallDisk(
  folder: string,
  { mebibytes, databases }: { readonly mebibytes: number; readonly databases: readonly string[] },
): Promise<SmallDisk | null> {
  const disk = join(folder, `disk-of-${databases[0]}`);
  await mkdir(disk);
  if (!mounted(['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', disk])) return null;
  for (const database of databases) {
    await mkdir(join(disk, database));
    await symlink(join(disk, database), join(folder, 'data', database));
  }
  const filler = join(disk, 'filler');
  let filled = Promise.withResolvers<void>();
  filled.resolve();
  return {
    async fill() {
      filled = Promise.withResolvers();
      const { bavail, bsize } = await statfs(disk);
      await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => {});
    },
    async clear() {
      await rm(filler, { force: true });
      filled.resolve();
    },
    room: () => filled.promise,
    unmount: () => void execFileSync('/bin/umount', ['--lazy', disk]),
  };
}
