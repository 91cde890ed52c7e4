import type { Pool } from 'mysql2/promise';
import { MillraceError } from '../../errors.ts';
import { writeCoco } from '../coco/write-coco.ts';
import { writeDetections } from '../coco/write-detections.ts';
import { stemOf } from '../file-names.ts';
import { rowsOfTable } from '../read-rows.ts';
import { writeVoc } from '../voc/write-voc.ts';
import { writeNames, writeYolo } from '../yolo/write-yolo.ts';
import { type BoxesFrom, type Category, type ExportedImage, readCategories, readImages } from './exported.ts';
import { type OutputFolder, writeFileWhole, writeFolderWhole } from './output.ts';

/**
 * Writes an instance file of COCO: the dataset's own annotations with everything about them; or the boxes of a table in the form of
 * COCO's results, which have scores. @throws {MillraceError} DATASET_OUTPUT, DATASET_REFERENCE, DATABASE_…
 */
export async function exportCoco(pool: Pool, from: BoxesFrom, file: string): Promise<void> {
  if (from.boxes === null)
    return writeFileWhole(
      file,
      writeCoco((table) => rowsOfTable(pool, from.dataset, table)),
    );
  const categories = await readCategories(pool, from.dataset);
  return writeFileWhole(file, writeDetections(readImages(pool, from, categories)));
}

/** Writes a folder with an XML file for each image. @throws {MillraceError} DATASET_OUTPUT, DATASET_DUPLICATE, DATASET_NAME_UNSAFE */
export async function exportVoc(pool: Pool, from: BoxesFrom, folder: string): Promise<void> {
  const categories = await readCategories(pool, from.dataset);
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  await writeFolderWhole(folder, async (output) => {
    for await (const { name, image } of named(readImages(pool, from, categories))) {
      const objects = image.boxes.map(({ row, categoryId, ...box }) => ({
        ...box,
        name: names.get(categoryId) ?? String(categoryId),
        pose: (row.pose ?? null) as string | null,
        truncated: (row.truncated ?? null) as number | null,
        difficult: (row.difficult ?? null) as number | null,
        occluded: (row.occluded ?? null) as number | null,
      }));
      await output.write(`${name}.xml`, writeVoc({ ...image, objects }));
    }
  });
}

/**
 * Writes a folder with `data.yaml` (class names) and `labels/` (a file for each image that has boxes). Classes are numbered from 0 in the
 * order of the categories' ids. @throws {MillraceError} DATASET_OUTPUT, DATASET_DUPLICATE, DATASET_NAME_UNSAFE
 */
export async function exportYolo(pool: Pool, from: BoxesFrom, folder: string): Promise<void> {
  const categories = await readCategories(pool, from.dataset);
  await writeFolderWhole(folder, async (output) => {
    await output.write('data.yaml', writeNames(categories.map(({ name }) => name)));
    await writeLabels(named(readImages(pool, from, categories)), categories, output);
  });
}

async function writeLabels(
  images: AsyncIterable<{ readonly name: string; readonly image: ExportedImage }>,
  categories: readonly Category[],
  output: OutputFolder,
): Promise<void> {
  const numbers = new Map(categories.map(({ id }, index) => [id, index]));
  for await (const { name, image } of images) {
    if (image.boxes.length === 0) continue;
    const labels = image.boxes.map(({ categoryId, ...box }) => ({ ...box, classNo: numbers.get(categoryId) ?? 0 }));
    await output.write(`labels/${name}.txt`, writeYolo(labels, image));
  }
}

/** Each image with the name of its file, which must be its own. */
async function* named(images: AsyncIterable<ExportedImage>) {
  const names = new Set<string>();
  for await (const image of images) {
    const name = stemOf(image.fileName);
    if (names.has(name))
      throw new MillraceError('DATASET_DUPLICATE', `two images would be written to files named ${name}`);
    names.add(name);
    yield { name, image };
  }
}
