import { chmod, rename, rm, writeFile } from 'node:fs/promises';

/** Writes a new file that only its owner may read: what was there before, with whatever rights, is gone. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  await chmod(file, 0o600);
}

/** The same, but whoever reads meanwhile, or after a crash, finds the old text or the new one. */
export async function replacePrivate(file: string, text: string): Promise<void> {
  await writePrivate(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
