import { access, mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of resident trainers: `fit.json`, shards and checkpoints. */
export const hopFolder = (folder: string) => join(folder, 'hop');

export const checkpointFolder = (folder: string) => join(hopFolder(folder), 'checkpoints');

export const outcomes = (folder: string) => join(folder, 'outcomes');

/** Folder of what a trial's trainer has written, named by the model's digest. */
export const outcomeFolder = (folder: string, digest: string) => join(outcomes(folder), digest);

/** Lets resident trainers find the rows of `data/`, and gives them a folder for checkpoints. @param hop their folder */
export async function linkRows(hop: string): Promise<void> {
  await mkdir(join(hop, 'data'), { recursive: true });
  for (const part of ['train', 'validation']) await symlink(join('..', '..', 'data', part), join(hop, 'data', part));
  await mkdir(join(hop, 'checkpoints'));
}

/** A new folder for what is not needed once the search has ended. */
export async function scratchFolder(folder: string, prefix: string): Promise<string> {
  await mkdir(scratch(folder), { recursive: true });
  return mkdtemp(join(scratch(folder), prefix));
}

export const scratch = (folder: string) => join(folder, 'scratch');

/** Marks a folder whose rows are selected and split, and whose first trials are in the ledger. */
export const preparedMark = (folder: string) => join(folder, 'prepared');

export const isPrepared = (folder: string): Promise<boolean> => exists(preparedMark(folder));

export function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
