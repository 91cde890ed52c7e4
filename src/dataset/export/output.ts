import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MillraceError } from '../../errors.ts';

/** A folder that appears under its name once it is complete. */
export interface OutputFolder {
  /** @param name path below the folder; it must not lead out of it */
  write(name: string, text: string): Promise<void>;
}

/**
 * Writes a file that appears under its name once it is complete.
 * @param compress applied to the bytes
 * @throws {MillraceError} DATASET_OUTPUT if it exists or cannot be written
 */
export function writeFileWhole(file: string, texts: AsyncIterable<string>, compress?: Transform): Promise<void> {
  return whole(file, async (part) => {
    const target = createWriteStream(part, { flags: 'wx' });
    const source = Readable.from(texts);
    if (compress === undefined) await pipeline(source, target);
    else await pipeline(source, compress, target);
  });
}

/** @throws {MillraceError} DATASET_OUTPUT if it exists or cannot be written */
export function writeFolderWhole(folder: string, fill: (output: OutputFolder) => Promise<void>): Promise<void> {
  return whole(folder, async (part) => {
    await mkdir(part);
    const made = new Set<string>();
    await fill({
      async write(name, text) {
        const path = join(part, name);
        if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
        made.add(dirname(path));
        await writeFile(path, text, { flag: 'wx' });
      },
    });
  });
}

async function whole(path: string, write: (part: string) => Promise<void>): Promise<void> {
  const target = resolve(path);
  if (await exists(target)) throw new MillraceError('DATASET_OUTPUT', `${path} exists already`);
  let folder: string | null = null;
  try {
    folder = await mkdtemp(join(dirname(target), `.${basename(target)}.`));
    const part = join(folder, 'part');
    await write(part);
    if (await exists(target)) throw new MillraceError('DATASET_OUTPUT', `${path} has appeared in the meantime`);
    await rename(part, target);
  } catch (error) {
    throw asOutputError(path, error);
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  ENAMETOOLONG: 'a file name is too long',
};

export function asOutputError(path: string, cause: unknown): unknown {
  const { code, syscall } = Object(cause) as { readonly code?: string; readonly syscall?: string };
  if (cause instanceof MillraceError || code === undefined || syscall === undefined) return cause;
  const message = `${path} cannot be written: ${reasons[code] ?? code}`;
  return new MillraceError('DATASET_OUTPUT', message, { cause, hint: 'name another path' });
}
