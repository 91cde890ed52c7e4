import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MillraceError } from '../../errors.ts';
import { fromVoc, hasSwappedCorners } from '../boxes.ts';
import { invalid } from '../fields.ts';
import { safeName } from '../file-names.ts';
import { type DatasetRow, lengths } from '../tables.ts';
import { readVoc, type VocFile } from '../voc/read-voc.ts';
import { filesIn, readText } from './files.ts';
import type { Source } from './source.ts';

/**
 * A folder of PASCAL VOC's annotation files. Images, objects and categories are numbered from 1: images in the order of their files'
 * names, categories in that of their own.
 *
 * @throws {MillraceError} DATASET_UNREADABLE, DATASET_TRUNCATED, DATASET_INVALID, DATASET_DUPLICATE
 */
export async function vocSource(folder: string): Promise<Source> {
  const files = await filesIn(folder, ['.xml']);
  if (files.length === 0) throw new MillraceError('DATASET_UNREADABLE', `${folder} contains no .xml files`);
  const { names, fingerprint } = await firstLook(folder, files);
  const counts = { parts: 0, swapped: 0 };
  return {
    shape: { segmentations: false, remarks: true },
    size: files.length,
    fingerprint,
    rows: (onProgress) => rowsOf(folder, files, names, counts, onProgress),
    remarks: () => [
      ...(counts.swapped === 0
        ? []
        : [`${counts.swapped} boxes had xmin > xmax or ymin > ymax; their corners were exchanged`]),
      ...(counts.parts === 0 ? [] : [`${counts.parts} parts of objects (<part>) were not imported`]),
    ],
  };
}

/** Classes must be known before the first object is numbered. */
async function firstLook(folder: string, files: readonly string[]) {
  const names = new Set<string>();
  const images = new Map<string, string>();
  const hash = createHash('sha256');
  for (const file of files) {
    const text = await readText(join(folder, file), file);
    hash.update(JSON.stringify([file, text]));
    const { fileName, objects } = readVoc(text, file);
    const other = images.get(fileName);
    if (other !== undefined)
      throw new MillraceError('DATASET_DUPLICATE', `${other} and ${file} both have the <filename> ${fileName}`);
    images.set(fileName, file);
    for (const { name } of objects) names.add(name);
  }
  return { names: [...names].sort(), fingerprint: hash.digest('hex') };
}

async function* rowsOf(
  folder: string,
  files: readonly string[],
  names: readonly string[],
  counts: { parts: number; swapped: number },
  onProgress: (done: number) => void,
): AsyncGenerator<readonly DatasetRow[]> {
  const categories = new Map(names.map((name, index) => [name, index + 1]));
  yield names.map((name, index) => ({
    table: 'categories',
    values: [index + 1, longName(name, name, 'a class'), null],
  }));
  let annotationId = 0;
  for (const [index, file] of files.entries()) {
    const voc = readVoc(await readText(join(folder, file), file), file);
    counts.parts += voc.parts;
    counts.swapped += voc.objects.filter(hasSwappedCorners).length;
    yield [
      imageRow(index + 1, voc, file),
      ...voc.objects.map((object): DatasetRow => {
        const { x, y, width, height } = fromVoc(object);
        annotationId += 1;
        const box = [x, y, width, height, width * height, 0];
        const { pose, truncated, difficult, occluded } = object;
        const values = [annotationId, index + 1, categories.get(object.name) ?? 0, ...box];
        return { table: 'annotations', values: [...values, pose, truncated, difficult, occluded] };
      }),
    ];
    onProgress(index + 1);
  }
}

function imageRow(id: number, { fileName, width, height }: VocFile, file: string): DatasetRow {
  const name = safeName(longName(fileName, fileName, `${file}: <filename>`, lengths.fileName), file);
  return { table: 'images', values: [id, name, height, width, null, null, null] };
}

function longName(name: string, value: string, where: string, longest: number = lengths.name): string {
  if (name.length <= longest) return name;
  throw invalid(where, value, `at most ${longest} characters long`);
}
