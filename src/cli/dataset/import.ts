import type { Pool } from 'mysql2/promise';
import type { Config } from '../../config.ts';
import { type Imported, importDataset } from '../../dataset/import/import-dataset.ts';
import { requireFolder } from '../../dataset/sources/files.ts';
import type { Source } from '../../dataset/sources/source.ts';
import { MillraceError } from '../../errors.ts';
import type { Output } from '../output.ts';
import { duration } from '../progress.ts';
import { databaseName, withTables } from './dataset-pool.ts';
import type { DatasetFormat } from './formats.ts';
import type { ImportArguments, ImportedFiles } from './import-arguments.ts';
import { pictureLines } from './report.ts';
import { openProgress } from './work-progress.ts';

/** `millrace dataset import FORMAT`: imports a dataset, then reports its pictures. */
export function importFiles(
  format: DatasetFormat,
  options: ImportArguments,
  { config, environment }: { readonly config: Config; readonly environment: NodeJS.ProcessEnv },
  output: Output,
): Promise<number> {
  const into = databaseName(options.into, config);
  checkArguments(format, options);
  return withTables(config, environment, output.note, async (pool) => {
    const work = (files: ImportedFiles) => importInto(pool, format, into, files, options, output);
    if (options.archive === undefined)
      await work({ annotations: options.annotations!, images: options.images ?? null, publish: async () => null });
    else
      await (await import('./unpack.ts')).unpackArchives(
        pool,
        format,
        { ...options, archive: options.archive },
        output,
        work,
      );
    return 0;
  });
}

async function importInto(
  pool: Pool,
  format: DatasetFormat,
  into: string,
  files: ImportedFiles,
  options: ImportArguments,
  output: Output,
): Promise<void> {
  const { images = null, names = null, segmentations = false, replace = false } = options;
  if (files.images !== null) await requireFolder(files.images);
  const started = performance.now();
  const source = await openSource(format, files, { names, segmentations });
  const progress = openProgress(output.progress, 'importing');
  const imported = await importDataset(pool, {
    format,
    source,
    into,
    replace,
    onProgress: (done) => progress.show(done, source.size),
  }).finally(progress.end);
  const unpacked = await files.publish();
  const seconds = (performance.now() - started) / 1000;
  if (output.json)
    output.write({
      dataset: into,
      changed: imported !== null,
      rows: imported,
      remarks: source.remarks(),
      ...(unpacked !== null && { unpacked }),
    });
  else {
    for (const line of [importLine(into, imported, seconds), ...source.remarks()]) output.line(line);
    if (unpacked !== null) output.line(`${images}: ${unpacked} pictures unpacked`);
  }
  if (images !== null) await reportPictures(pool, into, images, output);
}

function importLine(into: string, rows: Imported, seconds: number): string {
  if (rows === null) return `${into}: these files were imported before; nothing was changed`;
  const { images, annotations, categories } = rows;
  return `${into}: ${images} images, ${annotations} annotations, ${categories} categories in ${duration(seconds)}`;
}

async function openSource(
  format: DatasetFormat,
  { annotations, images }: ImportedFiles,
  { names, segmentations }: { readonly names: string | null; readonly segmentations: boolean },
): Promise<Source> {
  switch (format) {
    case 'coco':
      return (await import('../../dataset/sources/coco-source.ts')).cocoSource(annotations, { segmentations });
    case 'voc':
      return (await import('../../dataset/sources/voc-source.ts')).vocSource(annotations);
    case 'yolo':
      return (await import('../../dataset/sources/yolo-source.ts')).yoloSource({
        annotations,
        images: images ?? '',
        names,
      });
  }
}

function checkArguments(
  format: DatasetFormat,
  { annotations, archive, images, names, segmentations }: ImportArguments,
): void {
  if (annotations === undefined && archive === undefined)
    throw usage('neither --annotations nor --archive is given', 'name the annotations, or an archive that has them');
  if (format === 'yolo' && images === undefined)
    throw usage(
      'labels of YOLO are shares of their pictures, but --images is not given',
      'name the folder of pictures with --images',
    );
  if (format !== 'yolo' && names !== undefined) throw usage(`--names does not apply to ${format}`, 'leave it out');
  if (format !== 'coco' && segmentations) throw usage(`--segmentations does not apply to ${format}`, 'leave it out');
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}

/** The rows are complete without the pictures, so what is wrong with them is a report, not an error. */
async function reportPictures(pool: Pool, database: string, folder: string, output: Output): Promise<void> {
  const { lookAtPictures } = await import('./pictures.ts');
  const report = await lookAtPictures(pool, database, folder, output);
  if (output.json) output.write({ dataset: database, pictures: report });
  else for (const line of pictureLines(report)) output.line(line);
}
