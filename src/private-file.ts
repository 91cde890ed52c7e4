import { chmod, rename, rm, writeFile } from 'node:fs/promises';

/** Writes a new file that only its owner may read. An existing file is replaced, together with its rights. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  await chmod(file, 0o600);
}

/** Does the same atomically: concurrent readers, and readers after a crash, see either the old text or the new one. */
export async function replacePrivate(file: string, text: string): Promise<void> {
  await writePrivate(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
