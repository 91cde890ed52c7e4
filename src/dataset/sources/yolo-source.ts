import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { MillraceError } from '../../errors.ts';
import { fromYolo, type PictureSize } from '../boxes.ts';
import { safeName, stemOf } from '../file-names.ts';
import { lookAtPicture, pictureExtensions } from '../pictures.ts';
import type { DatasetRow } from '../tables.ts';
import { readNames } from '../yolo/class-names.ts';
import { readYolo } from '../yolo/read-yolo.ts';
import { filesIn, readText } from './files.ts';
import type { Source } from './source.ts';

interface YoloFiles {
  /** Folder of labels. */
  readonly annotations: string;
  /** Folder of pictures; `a/b.jpg` has its labels in `a/b.txt`. */
  readonly images: string;
  /** File of class names; null: the usual ones beside the labels. */
  readonly names: string | null;
}

interface KnownPicture extends PictureSize {
  readonly fileName: string;
  /** null: there are no labels for it, so it has no objects. */
  readonly labels: string | null;
}

/**
 * Pictures and their YOLO labels. A category's id is the number of its class, from 0. Images and objects are numbered from 1, images in
 * the order of their files' names.
 *
 * @throws {MillraceError} DATASET_UNREADABLE, DATASET_INVALID, DATASET_DUPLICATE, DATASET_REFERENCE
 */
export async function yoloSource(files: YoloFiles): Promise<Source> {
  const found = findNames(files);
  const names = readNames(await readText(found), found);
  const { pictures, remarks } = await findPictures(files, found);
  const hash = createHash('sha256').update(JSON.stringify(names));
  for (const { fileName, width, height, labels } of pictures) {
    const text = labels === null ? null : await readText(join(files.annotations, labels), labels);
    hash.update(JSON.stringify([fileName, width, height, text]));
  }
  return {
    shape: { segmentations: false, remarks: false },
    size: pictures.length,
    fingerprint: hash.digest('hex'),
    rows: (onProgress) => rowsOf(files.annotations, pictures, names, onProgress),
    remarks: () => remarks,
  };
}

const usualNames = ['data.yaml', 'dataset.yaml', 'classes.txt', 'obj.names'];

function findNames({ annotations, names }: YoloFiles): string {
  if (names !== null) return names;
  const folders = [annotations, resolve(annotations, '..')];
  const candidates = folders.flatMap((folder) => usualNames.map((name) => join(folder, name)));
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new MillraceError('DATASET_UNREADABLE', `no file of class names is in ${annotations} or the folder above it`, {
    hint: `name it with --names; the usual ones are ${usualNames.join(', ')}`,
  });
}

async function findPictures({ annotations, images }: YoloFiles, namesFile: string) {
  const fileNames = await filesIn(images, pictureExtensions);
  if (fileNames.length === 0) throw new MillraceError('DATASET_UNREADABLE', `${images} contains no pictures`);
  const labels = new Set(
    (await filesIn(annotations, ['.txt'])).filter((name) => join(annotations, name) !== join(namesFile)),
  );
  const stems = new Map<string, string>();
  for (const fileName of fileNames) {
    const other = stems.get(stemOf(fileName));
    if (other !== undefined)
      throw new MillraceError(
        'DATASET_DUPLICATE',
        `the pictures ${other} and ${fileName} have the same file of labels`,
      );
    stems.set(stemOf(fileName), fileName);
  }
  const limit = pLimit(8);
  const looked = await limit.map(fileNames, async (fileName) => ({
    fileName: safeName(fileName, images),
    picture: await lookAtPicture(join(images, fileName)),
  }));
  const pictures: KnownPicture[] = looked.flatMap(({ fileName, picture }) => {
    if (typeof picture === 'string') return [];
    const file = `${stemOf(fileName)}.txt`;
    return [{ fileName, ...picture, labels: labels.has(file) ? file : null }];
  });
  const broken = looked.filter(({ picture }) => typeof picture === 'string').map(({ fileName }) => fileName);
  const orphans = [...labels].filter((name) => !stems.has(stemOf(name)));
  return {
    pictures,
    remarks: [
      ...remark(broken, 'unreadable pictures were left out'),
      ...remark(orphans, 'files of labels without a picture were left out'),
    ],
  };
}

function remark(names: readonly string[], what: string): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > 5 ? ', …' : '';
  return [`${names.length} ${what}: ${names.slice(0, 5).join(', ')}${more}`];
}

async function* rowsOf(
  folder: string,
  pictures: readonly KnownPicture[],
  names: readonly string[],
  onProgress: (done: number) => void,
): AsyncGenerator<readonly DatasetRow[]> {
  yield names.map((name, index) => ({ table: 'categories', values: [index, name, null] }));
  let annotationId = 0;
  for (const [index, { fileName, labels, ...size }] of pictures.entries()) {
    const text = labels === null ? '' : await readText(join(folder, labels), labels);
    const image: DatasetRow = {
      table: 'images',
      values: [index + 1, fileName, size.height, size.width, null, null, null],
    };
    const objects = readYolo(text, labels ?? '', names.length).map(({ classNo, ...box }): DatasetRow => {
      const { x, y, width, height } = fromYolo(box, size);
      annotationId += 1;
      return {
        table: 'annotations',
        values: [annotationId, index + 1, classNo, x, y, width, height, width * height, 0],
      };
    });
    yield [image, ...objects];
    onProgress(index + 1);
  }
}
