import { MillraceError } from '../errors.ts';
import { visibleLine } from '../visible-text.ts';

/** Why a file name of a dataset could lead out of its folder; null: it cannot. Names come from others' files and archives. */
export function unsafeReason(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name.includes('\0')) return 'it contains a NUL';
  if (name.startsWith('/')) return 'it is absolute';
  if (name.includes('\\') || /^[A-Za-z]:/.test(name)) return 'it is a path of Windows';
  if (name.split('/').some((part) => part === '..')) return "it contains '..'";
  return name.endsWith('/') ? 'it names a folder' : null;
}

/** @param where names the entry, for the message. @throws {MillraceError} DATASET_NAME_UNSAFE */
export function safeName(name: string, where: string): string {
  const reason = unsafeReason(name);
  if (reason === null) return name;
  throw new MillraceError(
    'DATASET_NAME_UNSAFE',
    `${where} has the file name '${visibleLine(name.slice(0, 200))}', which leads out of the folder: ${reason}`,
  );
}

/** The name without its extension: `val/a.jpg` is `val/a`. */
export function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? name.slice(0, dot) : name;
}
