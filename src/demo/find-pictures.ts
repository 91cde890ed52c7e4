import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { MillraceError } from '../errors.ts';

interface FoundPictures {
  /** Below the folder, in the order of their names. */
  readonly fileNames: readonly string[];
  /** How many, and how many files of other kinds were left out. */
  readonly note: string;
}

const formats = 'JPEG, PNG, WebP, TIFF, AVIF, GIF or BMP';
const extensions = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.avif', '.gif', '.bmp'];

/** @throws {MillraceError} USAGE where the folder cannot be read, or holds no picture */
export async function findPictures(folder: string): Promise<FoundPictures> {
  const files = (await filesIn(folder)).sort();
  const kinds = Map.groupBy(files, kindOf);
  const fileNames = kinds.get(picture) ?? [];
  const left = [...kinds].filter(([kind]) => kind !== picture).map(([kind, { length }]) => `${length} ${kind}`);
  const leftOut = left.length === 0 ? '' : `, left out: ${left.join(', ')}`;
  if (fileNames.length === 0)
    throw usage(`the folder ${folder} holds no pictures${leftOut}`, `give a folder of ${formats}`);
  return { fileNames, note: `${fileNames.length} ${fileNames.length === 1 ? 'picture' : 'pictures'} found${leftOut}` };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw usage(`the folder ${folder} cannot be read`, 'give a folder of pictures');
  });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

const picture = 'picture';

/** macOS keeps a file's attributes in a file `._NAME` beside it, or in archives below __MACOSX: https://www.rfc-editor.org/rfc/rfc1740 */
function kindOf(file: string): string {
  const parts = file.split(sep);
  const name = parts.at(-1) ?? '';
  if (name.startsWith('._') || name === '.DS_Store' || parts.includes('__MACOSX')) return 'of macOS (._*)';
  const extension = extname(name).toLowerCase();
  if (extensions.includes(extension)) return picture;
  return extension === '' ? 'without extension' : `of ${extension}`;
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
