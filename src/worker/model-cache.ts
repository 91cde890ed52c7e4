import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { withFileLock } from '../datasource/file-lock.ts';
import { MillraceError } from '../errors.ts';
import { makePrivate } from '../private-folder.ts';

/** A folder of this machine with models of the system schema by their digests, shared by its workers. */
export interface ModelCache {
  readonly folder: string;
  /** Maximum size of all models in it, in bytes. One that a worker has just begun to use may exceed it. */
  readonly most: number;
}

const usualSize = 2 * 2 ** 30;

/** A worker loads a model soon after it has found it; later, the file may go. */
const inUseMs = 10 * 60_000;

/** The cache of `MILLRACE_MODEL_CACHE` and `MILLRACE_MODEL_CACHE_BYTES`. */
export function modelCache(environment: NodeJS.ProcessEnv): ModelCache {
  const most = Number(environment.MILLRACE_MODEL_CACHE_BYTES);
  return {
    folder: environment.MILLRACE_MODEL_CACHE || join(tmpdir(), `millrace-models-${userInfo().uid}`),
    most: most > 0 ? most : usualSize,
  };
}

/**
 * The file with this digest. It is fetched once, by one of the workers that want it at the same time, and checked before any sees it.
 * @param fetch gives the bytes
 * @param source where they come from, for messages
 * @throws {MillraceError} MODEL_CHANGED if the bytes have another digest; what `fetch` throws
 */
export async function cachedFile(
  { folder, most }: ModelCache,
  digest: string,
  fetch: () => AsyncIterable<Uint8Array>,
  source = 'the model file in the database',
): Promise<string> {
  await makePrivate(folder);
  const file = fileIn(folder, digest);
  if (await touch(file)) return file;
  return withFileLock(join(folder, `${digest}.lock`), async () => {
    if (!(await touch(file))) await addFile({ folder, most }, fetch(), { digest, source });
    return file;
  });
}

/** A version of an object in a bucket, or of anything else whose digest is not known before it is read. */
export interface TaggedFile {
  /** Changes with the content; null: none is known. */
  readonly tag: string | null;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * The file as it is now. It is fetched once, by one of the workers that want it at the same time, and again once its tag has changed.
 * @param name what is fetched; different files have different names
 * @param fetch gives the file; null: it still has the tag `known`
 */
export async function currentFile(
  { folder, most }: ModelCache,
  name: string,
  fetch: (known: string | null) => Promise<TaggedFile | null>,
): Promise<string> {
  await makePrivate(folder);
  const id = createHash('sha256').update(name).digest('hex');
  const noteFile = join(folder, 'tags', id);
  return withFileLock(join(folder, `${id}.lock`), async () => {
    const note = await readTag(noteFile);
    const known = note !== null && (await touch(fileIn(folder, note.digest))) ? note : null;
    const fetched = await fetch(known?.tag ?? null);
    if (fetched === null && known !== null) return fileIn(folder, known.digest);
    const digest = await addFile({ folder, most }, fetched!.chunks, null);
    // Without a note, the next worker fetches it again.
    if (fetched!.tag !== null)
      await writeNote(folder, noteFile, JSON.stringify({ tag: fetched!.tag, digest })).catch(() => {});
    return fileIn(folder, digest);
  });
}

interface TagNote {
  readonly tag: string;
  readonly digest: string;
}

async function readTag(file: string): Promise<TagNote | null> {
  try {
    const { tag, digest } = JSON.parse(await readFile(file, 'utf8')) as TagNote;
    return typeof tag === 'string' && isDigest(digest) ? { tag, digest } : null;
  } catch {
    return null;
  }
}

const isDigest = (text: string) => /^[0-9a-f]{64}$/.test(text);
const fileIn = (folder: string, digest: string) => join(folder, `${digest}.onnx`);

/** @param expected null: whatever it is @returns the digest */
async function addFile(
  { folder, most }: ModelCache,
  chunks: AsyncIterable<Uint8Array>,
  expected: { readonly digest: string; readonly source: string } | null,
): Promise<string> {
  const partial = join(folder, `${randomUUID()}.part`);
  try {
    const { size, digest } = await fetchTo(partial, chunks);
    if (expected !== null && expected.digest !== digest) throw otherDigest(expected.source, expected.digest);
    await makeRoom(folder, most - size);
    await rename(partial, fileIn(folder, digest));
    return digest;
  } finally {
    await rm(partial, { force: true });
  }
}

function otherDigest(source: string, digest: string): MillraceError {
  const message = `${source} does not have the SHA-256 ${digest.slice(0, 12)}… it was registered with`;
  return new MillraceError('MODEL_CHANGED', message, { hint: 'register the model again with CREATE MODEL' });
}

/** Marks the file as used now. @returns false if it does not exist */
async function touch(file: string): Promise<boolean> {
  const now = new Date();
  return utimes(file, now, now).then(
    () => true,
    () => false,
  );
}

async function fetchTo(file: string, chunks: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  let size = 0;
  const target = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      await target.writeFile(chunk);
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return { size, digest: hash.digest('hex') };
}

/** Removes the files that were not used for longest, and what died workers left. */
async function makeRoom(folder: string, most: number): Promise<void> {
  const names = await readdir(folder);
  const found = await Promise.all(
    names.map(async (name) => {
      const facts = await stat(join(folder, name)).catch(() => null);
      return facts === null ? [] : [{ name, size: facts.size, used: facts.mtimeMs }];
    }),
  );
  const files = found.flat();
  const idle = Date.now() - inUseMs;
  for (const { name, used } of files)
    if (name.endsWith('.part') && used < idle) await rm(join(folder, name), { force: true });
  const models = files.filter(({ name }) => name.endsWith('.onnx')).sort((a, b) => a.used - b.used);
  let size = models.reduce((sum, model) => sum + model.size, 0);
  for (const model of models) {
    if (size <= most || model.used > idle) return;
    await rm(join(folder, model.name), { force: true });
    size -= model.size;
  }
}

/**
 * Checks that a file still has the digest that it was registered with. The digest of an unchanged file is computed once per machine: it is
 * kept under the file's path, size, time of change and inode.
 *
 * @param path where the file is here
 * @param named the file as the statement knows it
 * @throws {MillraceError} MODEL_CHANGED; MODEL_MISSING if it cannot be read
 */
export async function checkDigest({ folder }: ModelCache, path: string, named: string, digest: string): Promise<void> {
  const found = await knownDigest(folder, path).catch((cause: NodeJS.ErrnoException) => {
    const message = `the model file cannot be read (${cause.code}): ${named}`;
    throw new MillraceError('MODEL_MISSING', message, { cause });
  });
  if (found === digest) return;
  const message = `${named} is not the registered file: its SHA-256 is ${found.slice(0, 12)}…, that of the model is ${digest.slice(0, 12)}…`;
  throw new MillraceError('MODEL_CHANGED', message);
}

async function knownDigest(folder: string, path: string): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify([path, ...(await factsOf(path))]));
  const file = join(folder, 'digests', key.digest('hex'));
  const noted = await readNote(file);
  if (noted !== null && (await areUnchanged(path, noted.weights))) return noted.digest;
  const { modelDigest, weightFiles } = await import('../onnx/model-digest.ts');
  const names = await weightFiles(path);
  const weights = await Promise.all(names.map(async (name) => ({ name, facts: await factsBeside(path, name) })));
  const note: DigestNote = { digest: await modelDigest(path, names), weights };
  // Without a place for the note, the next worker computes it again.
  await writeNote(folder, file, JSON.stringify(note)).catch(() => {});
  return note.digest;
}

/** The digest of a model, and the files beside it that it covers as they were. */
interface DigestNote {
  readonly digest: string;
  readonly weights: readonly { readonly name: string; readonly facts: readonly string[] }[];
}

async function readNote(file: string): Promise<DigestNote | null> {
  try {
    const { digest, weights } = JSON.parse(await readFile(file, 'utf8')) as DigestNote;
    return isDigest(digest) && Array.isArray(weights) ? { digest, weights } : null;
  } catch {
    return null;
  }
}

async function areUnchanged(path: string, weights: DigestNote['weights']): Promise<boolean> {
  const now = await Promise.all(weights.map(({ name }) => factsBeside(path, name)));
  return weights.every(({ facts }, at) => facts.join() === now[at]!.join());
}

/** Of a file that does not exist: nothing. */
function factsBeside(path: string, name: string): Promise<readonly string[]> {
  return factsOf(join(dirname(path), name)).catch(() => []);
}

async function factsOf(path: string): Promise<readonly string[]> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(path, { bigint: true });
  return [size, mtimeNs, ctimeNs, ino, dev].map(String);
}

async function writeNote(folder: string, file: string, note: string): Promise<void> {
  await makePrivate(folder);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, note, { mode: 0o600 });
  await rename(own, file);
}
