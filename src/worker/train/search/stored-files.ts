import { createHash } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { MillraceError } from '../../../errors.ts';
import { fileDigest } from '../../../file-digest.ts';
import { readTrialFile, removeTrialFiles, storeTrialFile } from '../../../ledger/trial-files.ts';
import { preparedList, type TrialPlace } from '../../../ledger/trials.ts';
import { checkpointFolder, exists, hopFolder, linkRows, outcomeFolder } from './folders.ts';
import type { SearchPart, SharedFiles } from './shared-files.ts';

/** A file of a folder that the database keeps. */
interface Entry {
  readonly path: string;
  readonly digest: string;
}

/** The list of the files of an outcome. Its model has the digest itself. */
const outcomeList = (digest: string) => `outcome ${digest.slice(0, 56)}`;

const inPart: Readonly<Record<string, (path: string) => boolean>> = {
  train: (path) => path.startsWith('data/train/'),
  validation: (path) => path.startsWith('data/validation/'),
  hop: (path) => /^hop\/[^/]+$/.test(path),
};

/**
 * The database keeps everything, for trainers that share nothing else.
 * @param folder of this trainer alone
 */
export function storedFiles(place: TrialPlace, folder: string): SharedFiles {
  const states = checkpointFolder(folder);
  const parts = new Map<SearchPart, Promise<void>>();
  let list: Promise<readonly Entry[]> | null = null;

  async function fetchPart(part: SearchPart): Promise<void> {
    list ??= fetchList(place, preparedList);
    const isIn = inPart[part] ?? ((path: string) => path.startsWith(`hop/data/${part}/`));
    for (const entry of (await list).filter(({ path }) => isIn(path))) await fetchEntry(place, folder, entry);
    if (part === 'hop') await linkRows(hopFolder(folder));
  }

  return {
    need(part) {
      const fetched = parts.get(part) ?? fetchPart(part);
      parts.set(part, fetched);
      fetched.catch(() => parts.delete(part));
      return fetched;
    },
    async fetchState(digest) {
      if (await exists(join(states, digest))) return;
      if (!(await fetchFile(place, digest, join(states, digest)))) throw lost(digest);
    },
    async keepState(name, digest) {
      await storeFile(place, digest, join(states, name));
      await rename(join(states, name), join(states, digest));
    },
    async dropState(digest) {
      await removeTrialFiles(place, digest);
      await rm(join(states, digest), { force: true });
    },
    async fetchOutcome(digest) {
      const outcome = outcomeFolder(folder, digest);
      for (const entry of await fetchList(place, outcomeList(digest))) await fetchEntry(place, outcome, entry);
    },
    keepOutcome: (made, digest) => storeFolder(place, made, outcomeList(digest), ['.']),
  };
}

/** Stores what `prepareSearch` has made in a folder: the rows, the shards, and what all models share. */
export const storePrepared = (place: TrialPlace, folder: string): Promise<void> =>
  storeFolder(place, folder, preparedList, ['data', 'hop']);

/** Whether an earlier process has stored what it prepared. */
export const isStored = (place: TrialPlace): Promise<boolean> => readTrialFile(place, preparedList, async () => {});

async function storeFolder(place: TrialPlace, folder: string, list: string, among: readonly string[]): Promise<void> {
  const entries: Entry[] = [];
  for (const path of await filesIn(folder, among)) {
    const digest = await fileDigest(join(folder, path));
    await storeFile(place, digest, join(folder, path));
    entries.push({ path, digest });
  }
  const text = Buffer.from(JSON.stringify(entries));
  const read = async (start: number, length: number) => text.subarray(start, start + length);
  await storeTrialFile(place, { digest: list, size: text.length }, read);
}

/** Regular files below some folders of a folder. Links to folders are not followed. */
async function filesIn(folder: string, among: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const part of among) {
    const top = join(folder, part);
    if (!(await exists(top))) continue;
    for (const entry of await readdir(top, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) found.push(relative(folder, join(entry.parentPath, entry.name)));
  }
  return found.toSorted();
}

async function storeFile(place: TrialPlace, digest: string, path: string): Promise<void> {
  const { size } = await lstat(path);
  const file = await open(path, 'r');
  try {
    await storeTrialFile(place, { digest, size }, async (start, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await file.close();
  }
}

async function fetchList(place: TrialPlace, name: string): Promise<readonly Entry[]> {
  const chunks: Buffer[] = [];
  const isThere = await readTrialFile(place, name, async (chunk) => void chunks.push(chunk));
  if (!isThere) throw gone(name);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function fetchEntry(place: TrialPlace, folder: string, { path, digest }: Entry): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  if (!(await exists(file)) && !(await fetchFile(place, digest, file))) throw gone(path);
}

/** The file appears whole. @returns false if the database does not have it */
async function fetchFile(place: TrialPlace, digest: string, path: string): Promise<boolean> {
  const partial = `${path}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  const file = await open(partial, 'w', 0o600);
  try {
    const isWhole = await readTrialFile(place, digest, async (chunk) => {
      hash.update(chunk);
      await file.writeFile(chunk);
    });
    if (!isWhole || hash.digest('hex') !== digest) return false;
    await rename(partial, path);
    return true;
  } finally {
    await file.close();
    await rm(partial, { force: true });
  }
}

const lost = (digest: string) =>
  new MillraceError('TRIAL_TAKEN', `the state ${digest.slice(0, 12)}… is no longer the model's latest one`);

const gone = (what: string) =>
  new MillraceError('TRAIN_FILES', `the database does not have '${what}' of the search`, {
    hint: 'retry the statement; if this happens again, submit it anew',
  });
