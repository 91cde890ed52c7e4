import { writeFile } from 'node:fs/promises';
import { MillraceError } from '../errors.ts';

/** @throws {MillraceError} OUTPUT_FAILED */
export async function writePicture(file: string, svg: string): Promise<void> {
  await writeFile(file, svg).catch((error) => {
    throw new MillraceError('OUTPUT_FAILED', `${file} cannot be written: ${fileReason(error)}`);
  });
}

/** Why a file cannot be opened. */
export function fileReason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return (
    { ENOENT: 'it does not exist', EACCES: 'permission denied', EISDIR: 'it is a folder' }[code ?? ''] ??
    code ??
    'unknown'
  );
}
