import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../../errors.ts';
import { readCoco } from '../coco/read-coco.ts';
import { isPicture } from '../pictures.ts';
import { chunksOf } from '../sources/files.ts';
import { listFiles } from './archive.ts';
import { type ArchiveFormat, type ChosenFiles, chooseFiles } from './choose-files.ts';
import { extractFiles } from './extract.ts';
import { openArchive } from './open-archive.ts';
import { openStaging, outputError, publishFolder, stateOfFolder } from './pictures-folder.ts';

export interface UnpackOptions {
  readonly archives: readonly string[];
  readonly format: ArchiveFormat;
  /** Path of the annotations in the archives, or the end of it; null: to be found. */
  readonly annotations: string | null;
  /** Folder that the pictures get, if the archives have some; null: they are not unpacked. */
  readonly images: string | null;
  /** Whether the pictures of other archives in that folder are replaced. */
  readonly replace: boolean;
  /** @param done bytes written, of `total` */
  readonly onProgress: (done: number, total: number) => void;
}

export interface UnpackedFiles {
  readonly annotations: string;
  /** Where the pictures are now; null: the archives have none, or nobody asked for them. */
  readonly images: string | null;
  /** Gives the pictures their folder. @returns number of pictures; null: they were there before */
  publish(): Promise<number | null>;
}

/**
 * Unpacks archives into a folder beside that of the pictures, which is removed at the end. Only `publish` changes what is under the
 * pictures' name.
 *
 * @throws {MillraceError} DATASET_…, what `work` throws
 */
export async function withUnpacked<T>(options: UnpackOptions, work: (files: UnpackedFiles) => Promise<T>): Promise<T> {
  const archives = await Promise.all(options.archives.map(openArchive));
  const { format, annotations: asked } = options;
  const sizes = await listFiles(archives);
  const chosen = chooseFiles([...sizes.keys()], format, { annotations: asked, withPictures: options.images !== null });
  if (chosen.annotations === null)
    throw new MillraceError(
      'DATASET_ARCHIVE_FILES',
      `${options.archives.join(', ')}: no annotations of ${format} were found`,
    );
  const target = chosen.images === null ? null : options.images;
  const mark = archives.map(({ digest }) => `${digest}\n`).join('');
  const state = target === null ? 'free' : await stateOfFolder(target, mark, options.replace);
  const files = state === 'same' ? chosen.files.filter((name) => !isPicture(name)) : chosen.files;
  const total = files.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  const staging = target === null ? await mkdtemp(join(tmpdir(), 'millrace-dataset-')) : await openStaging(target);
  try {
    const onProgress = (done: number) => options.onProgress(done, total);
    await extractFiles(archives, new Set(files), staging, onProgress).catch((error) => {
      throw outputError(target ?? staging, error);
    });
    const annotations = join(staging, chosen.annotations);
    if (target === null || state === 'same')
      return await work({ annotations, images: target, publish: async () => null });
    const from = join(staging, format === 'coco' ? await folderOfNames(annotations, chosen) : (chosen.images ?? ''));
    return await work({
      annotations,
      images: from,
      publish: async () => {
        await publishFolder({ from, to: target, mark, state, staging });
        return files.filter(isPicture).length;
      },
    });
  } catch (error) {
    throw withoutFolder(error, staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** The folder below which COCO's file names are: `a/b/c.jpg` is in `a` if the name is `b/c.jpg`. */
async function folderOfNames(annotations: string, { images, files }: ChosenFiles): Promise<string> {
  const name = await firstFileName(annotations);
  const found = files.find((file) => file === name || file.endsWith(`/${name}`));
  return found === undefined ? (images ?? '') : found.slice(0, -name.length).replace(/\/$/, '');
}

async function firstFileName(annotations: string): Promise<string> {
  for await (const rows of readCoco(chunksOf(annotations), { segmentations: false })) {
    const image = rows.find(({ table }) => table === 'images');
    if (image !== undefined) return String(image.values[1]);
  }
  return '';
}

/** The folder is gone when a person reads the message: paths are those in the archive. */
function withoutFolder(error: unknown, folder: string): unknown {
  if (!(error instanceof MillraceError) || !error.message.includes(folder)) return error;
  const { code, hint, cause } = error;
  return new MillraceError(code, error.message.replaceAll(`${folder}/`, '').replaceAll(folder, '.'), { hint, cause });
}
