import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { MillraceError } from '../errors.ts';

interface FoundPictures {
  /** Paths relative to the folder, sorted by name. */
  readonly fileNames: readonly string[];
  /** The number of pictures, and the number of ignored files by kind, as a text. */
  readonly note: string;
}

const formats = 'JPEG, PNG, WebP, TIFF, AVIF, GIF or BMP';
const extensions = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.avif', '.gif', '.bmp'];

/** @throws {MillraceError} USAGE if the folder cannot be read or contains no pictures */
export async function findPictures(folder: string): Promise<FoundPictures> {
  const files = (await filesIn(folder)).sort();
  const kinds = Map.groupBy(files, kindOf);
  const fileNames = kinds.get(picture) ?? [];
  const others = [...kinds].filter(([kind]) => kind !== picture).map(([kind, { length }]) => `${kind} (${length})`);
  const ignored = others.length === 0 ? '' : `, ignored: ${others.join(', ')}`;
  if (fileNames.length === 0)
    throw usage(`the folder ${folder} contains no pictures${ignored}`, `name a folder with ${formats} files`);
  return { fileNames, note: `${fileNames.length} ${fileNames.length === 1 ? 'picture' : 'pictures'} found${ignored}` };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw usage(`the folder ${folder} cannot be read`, 'name a readable folder of pictures');
  });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

const picture = 'picture';

/** macOS stores a file's attributes in a file `._NAME` beside it, or below __MACOSX in archives: https://www.rfc-editor.org/rfc/rfc1740 */
function kindOf(file: string): string {
  const parts = file.split(sep);
  const name = parts.at(-1) ?? '';
  if (name.startsWith('._') || name === '.DS_Store' || parts.includes('__MACOSX')) return 'macOS metadata files';
  const extension = extname(name).toLowerCase();
  if (extensions.includes(extension)) return picture;
  return extension === '' ? 'files without extension' : `${extension} files`;
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
