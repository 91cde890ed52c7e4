import { chmod, mkdir, stat } from 'node:fs/promises';

/**
 * Makes a folder that only its owner may enter, with those above it that are missing, or narrows one of this user that is there: it
 * holds logs, statements and passwords. A folder that everyone may write to, as /tmp, is somebody's for a reason and stays as it is.
 */
export async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(folder);
  const isShared = (mode & 0o1002) !== 0;
  if ((mode & 0o077) !== 0 && uid === process.getuid?.() && !isShared) await chmod(folder, 0o700);
}
