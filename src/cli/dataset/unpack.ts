import { resolve } from 'node:path';
import type { Pool } from 'mysql2/promise';
import { withUnpacked } from '../../dataset/archive/unpack.ts';
import { withLocalArchives } from '../../dataset/download/local-archives.ts';
import { whileFilling } from '../../dataset/import/lock.ts';
import type { Output } from '../output.ts';
import type { DatasetFormat } from './formats.ts';
import type { ImportArguments, ImportedFiles } from './import-arguments.ts';
import { openProgress } from './work-progress.ts';

/** Imports the annotations in archives, and gives the pictures in them their folder. */
export async function unpackArchives(
  pool: Pool,
  format: DatasetFormat,
  options: ImportArguments & { readonly archive: readonly string[] },
  output: Output,
  work: (files: ImportedFiles) => Promise<void>,
): Promise<void> {
  const { annotations = null, images = null, replace = false } = options;
  const progress = openProgress(output.progress, 'unpacking');
  const unpack = () =>
    withDownloads(options, output, (archives) =>
      withUnpacked({ archives, format, annotations, images, replace, onProgress: progress.show }, (files) => {
        progress.end();
        return work({ ...files, images: files.images ?? images });
      }),
    );
  if (images === null) await unpack();
  else await whileFilling(pool, resolve(images), unpack);
}

function withDownloads<T>(
  { archive: sources, images }: ImportArguments & { readonly archive: readonly string[] },
  output: Output,
  work: (archives: readonly string[]) => Promise<T>,
): Promise<T> {
  const progress = openProgress(output.progress, 'downloading');
  const onProgress = (done: number, total: number | null) => progress.show(done, total ?? Number.POSITIVE_INFINITY);
  return withLocalArchives({ sources, images: images ?? null, onProgress }, (archives) => {
    progress.end();
    return work(archives);
  });
}
