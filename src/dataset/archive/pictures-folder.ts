import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MillraceError } from '../../errors.ts';

/** File that tells which archives a folder of pictures was unpacked from. */
const markFile = '.millrace-archive';

export type FolderState = 'free' | 'same' | 'replaceable';

/**
 * What is under the name that pictures are unpacked to.
 * @returns same: the pictures of these archives; replaceable: those of others
 * @throws {MillraceError} DATASET_OUTPUT if the folder has other files, or those of other archives and `replace` is not given
 */
export async function stateOfFolder(folder: string, mark: string, replace: boolean): Promise<FolderState> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw outputError(folder, error);
  });
  if (names.length === 0) return 'free';
  if (!names.includes(markFile))
    throw new MillraceError('DATASET_OUTPUT', `${folder} exists and was not unpacked from an archive`);
  if ((await readFile(join(folder, markFile), 'utf8')) === mark) return 'same';
  if (replace) return 'replaceable';
  const hint = 'name another folder, or add --replace';
  throw new MillraceError('DATASET_OUTPUT', `${folder} has the pictures of another archive`, { hint });
}

/** Makes a folder beside another one, and removes those that killed imports left. */
export async function openStaging(folder: string): Promise<string> {
  const target = resolve(folder);
  const prefix = `.${basename(target)}.importing-`;
  try {
    await mkdir(dirname(target), { recursive: true });
    for (const name of await readdir(dirname(target)))
      if (name.startsWith(prefix)) await rm(join(dirname(target), name), { recursive: true, force: true });
    return await mkdtemp(join(dirname(target), prefix));
  } catch (error) {
    throw outputError(folder, error);
  }
}

/**
 * Gives a complete folder its final name. An older one goes into `staging`.
 * @throws {MillraceError} DATASET_OUTPUT
 */
export async function publishFolder({
  from,
  to,
  mark,
  state,
  staging,
}: {
  from: string;
  to: string;
  mark: string;
  state: FolderState;
  staging: string;
}): Promise<void> {
  try {
    await writeFile(join(from, markFile), mark);
    if (state === 'replaceable') await rename(resolve(to), join(staging, '.replaced'));
    await rename(from, resolve(to));
  } catch (error) {
    throw outputError(to, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOTDIR: 'it or a part of its path is not a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  EXDEV: 'it is the root of a volume; name a folder below it',
  EBUSY: 'it is the root of a volume; name a folder below it',
  ENAMETOOLONG: 'a file name is too long',
};

export function outputError(folder: string, cause: unknown): unknown {
  const { code, syscall } = Object(cause) as { readonly code?: string; readonly syscall?: string };
  if (cause instanceof MillraceError || code === undefined || syscall === undefined) return cause;
  const message = `${folder} cannot be filled: ${reasons[code] ?? code}`;
  return new MillraceError('DATASET_OUTPUT', message, { cause, hint: 'name another folder, such as one in a volume' });
}
