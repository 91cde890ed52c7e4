import { chmod, mkdir, stat } from 'node:fs/promises';

/**
 * Creates a folder that only its owner may enter, with its missing parents, or restricts an existing one of this user. It will contain
 * logs, statements and passwords. A folder that everyone may write to, such as /tmp, is shared on purpose and stays unchanged.
 */
export async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(folder);
  const isShared = (mode & 0o1002) !== 0;
  if ((mode & 0o077) !== 0 && uid === process.getuid?.() && !isShared) await chmod(folder, 0o700);
}
