import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { MillraceError } from '../../errors.ts';
import { fileDigest } from '../../file-digest.ts';
import { shownUrl } from '../../shown-url.ts';
import { outputError } from '../archive/pictures-folder.ts';
import { unreadable } from '../sources/files.ts';
import { httpUrl } from './ask.ts';
import { download } from './download.ts';

export interface LocalArchives {
  /** Paths, or http(s) URLs. pip's `#sha256=…` at the end is the digest that the archive must have. */
  readonly sources: readonly string[];
  /** Folder of pictures, which the downloads are put beside; null: the system's folder for temporary files. */
  readonly images: string | null;
  readonly onProgress: (done: number, total: number | null) => void;
}

interface Source {
  readonly place: string;
  readonly url: URL | null;
  readonly sha256: string | null;
}

/** Larger than every public dataset: Open Images has 561 GB. */
const largestDownload = 2 ** 40;

/**
 * Runs `work` with archives on this machine. What is downloaded is removed when `work` has succeeded, or has found that it is not usable;
 * after another error, the next run finds it.
 *
 * @throws {MillraceError} DATASET_DOWNLOAD_FAILED, DATASET_DIGEST, DATASET_OUTPUT, DATASET_UNREADABLE, what `work` throws
 */
export async function withLocalArchives<T>(
  { sources, images, onProgress }: LocalArchives,
  work: (files: readonly string[]) => Promise<T>,
): Promise<T> {
  const read = sources.map(readSource);
  const place = await placeOfDownloads(images, read);
  const files: string[] = [];
  const downloaded = new Map<string, string>();
  try {
    for (const { place: path, url, sha256 } of read) {
      const file = url === null ? path : `${place.prefix}${digestOfText(`${url.href} ${sha256}`)}`;
      files.push(file);
      if (url === null) await checkDigest(file, sha256);
      else downloaded.set(file, shownUrl(url));
      if (url !== null && !(await exists(file)))
        await download(url, file, { sha256, largest: largestDownload, onProgress });
    }
    const result = await work(files);
    await removeAll(downloaded);
    return result;
  } catch (error) {
    if (isOfArchive(error)) await removeAll(downloaded);
    throw withNames(error, downloaded);
  } finally {
    if (place.temporary !== null) await rm(place.temporary, { recursive: true, force: true });
  }
}

function readSource(source: string): Source {
  const [, place = source, sha256] = /^(.*)#sha256=([0-9a-fA-F]{64})$/s.exec(source) ?? [];
  return { place, url: httpUrl(place), sha256: sha256?.toLowerCase() ?? null };
}

/** Pictures are on a file system that is large enough. */
async function placeOfDownloads(images: string | null, sources: readonly Source[]) {
  if (sources.every(({ url }) => url === null)) return { prefix: '', temporary: null };
  if (images === null) {
    const temporary = await mkdtemp(join(tmpdir(), 'millrace-download-'));
    return { prefix: join(temporary, 'archive-'), temporary };
  }
  const target = resolve(images);
  await mkdir(dirname(target), { recursive: true }).catch((error) => {
    throw outputError(images, error);
  });
  return { prefix: join(dirname(target), `.${basename(target)}.download-`), temporary: null };
}

async function checkDigest(file: string, expected: string | null): Promise<void> {
  if (expected === null) return;
  const found = await fileDigest(file).catch((error) => {
    throw unreadable(file, error);
  });
  if (found !== expected)
    throw new MillraceError('DATASET_DIGEST', `${file} has the SHA-256 ${found}; expected ${expected}`);
}

/** Whether another download of the same archive may help. */
function isOfArchive(error: unknown): boolean {
  return error instanceof MillraceError && /^DATASET_(?:ARCHIVE|TRUNCATED|INVALID|NAME_UNSAFE)/.test(error.code);
}

async function removeAll(downloaded: ReadonlyMap<string, string>): Promise<void> {
  for (const file of downloaded.keys()) await rm(file, { force: true });
}

/** Names downloaded archives by their URLs in an error's message. */
function withNames(error: unknown, downloaded: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof MillraceError)) return error;
  let { message } = error;
  for (const [file, url] of downloaded) message = message.replaceAll(file, () => url);
  return message === error.message
    ? error
    : new MillraceError(error.code, message, { hint: error.hint, cause: error.cause });
}

function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
