import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { cocoClasses } from '../../programs/coco-classes.ts';
import { drawScene } from './draw-scene.ts';
import type { Style } from './icon-names.ts';

/** Determines a dataset's pictures: scene i has the seed `firstSeed + i` and the style `styles[i % styles.length]`. */
export interface DatasetWish {
  readonly count: number;
  readonly firstSeed: number;
  readonly styles: readonly Style[];
  /** Width in pixels; the height is three quarters of it. */
  readonly width: number;
}

/** The layout of COCO's instance files; `category_id` is the class id of YOLO models (0 to 79). */
export interface Dataset {
  readonly info: DatasetWish;
  readonly images: readonly DatasetImage[];
  readonly annotations: readonly DatasetAnnotation[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
}

export interface DatasetImage {
  /** The scene's seed. */
  readonly id: number;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
}

export interface DatasetAnnotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  /** x, y, width, height in pixels. */
  readonly bbox: readonly [number, number, number, number];
  readonly area: number;
  readonly iscrowd: 0;
}

/**
 * Draws scenes into `folder` as JPEG files, and writes `annotations.json` last.
 * A folder that already contains the same dataset is left unchanged.
 */
export async function drawDataset(
  folder: string,
  wish: DatasetWish,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Dataset> {
  const present = await readDataset(folder);
  if (present && JSON.stringify(present.info) === JSON.stringify(wish)) return present;
  await mkdir(folder, { recursive: true });
  let done = 0;
  const limit = pLimit(availableParallelism());
  const scenes = await limit.map(Array.from({ length: wish.count }).keys(), async (index) => {
    const scene = await drawFile(folder, wish, index);
    onProgress(++done, wish.count);
    return scene;
  });
  const dataset: Dataset = {
    info: wish,
    images: scenes.map((scene) => scene.image),
    annotations: scenes
      .flatMap((scene) => scene.annotations)
      .map((annotation, index) => ({ id: index + 1, ...annotation })),
    categories: cocoClasses.map((name, id) => ({ id, name })),
  };
  await writeWhole(path.join(folder, 'annotations.json'), JSON.stringify(dataset));
  return dataset;
}

async function drawFile(folder: string, wish: DatasetWish, index: number) {
  const seed = wish.firstSeed + index;
  const scene = await drawScene(seed, wish.styles[index % wish.styles.length] as Style, wish.width);
  const file_name = `scene-${String(seed).padStart(7, '0')}.jpg`;
  await writeFile(path.join(folder, file_name), scene.jpeg);
  return {
    image: { id: seed, file_name, width: scene.width, height: scene.height },
    annotations: scene.annotations.map(({ classId, box: [x1, y1, x2, y2] }) => ({
      image_id: seed,
      category_id: classId,
      bbox: [x1, y1, x2 - x1, y2 - y1] as const,
      area: (x2 - x1) * (y2 - y1),
      iscrowd: 0 as const,
    })),
  };
}

async function readDataset(folder: string): Promise<Dataset | undefined> {
  try {
    return JSON.parse(await readFile(path.join(folder, 'annotations.json'), 'utf8')) as Dataset;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}
