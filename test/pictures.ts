import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, inject } from 'vitest';
import { withFileLock } from '../src/datasource/file-lock.ts';
import { drawScene } from '../src/demo/scenes/draw-scene.ts';

/** Folders for a test file, with small pictures and the demo's model. Its properties can be read only inside tests. */
export interface Pictures {
  /** Contains `scene-1.jpg` … `scene-6.jpg`, each with objects that the model detects, and `blank.jpg`, with none. */
  readonly folder: string;
  /** `/datasets` is the folder of pictures, `/models` that of the demo's model. */
  readonly volumes: Readonly<Record<string, string>>;
}

export const scenes = [1, 2, 3, 4, 5, 6].map((seed) => `scene-${seed}.jpg`);

const models = join(import.meta.dirname, '../models');

export function usePictures(): Pictures {
  const pictures = {} as { -readonly [key in keyof Pictures]: Pictures[key] };
  beforeAll(async () => {
    const runFolder = inject('serversFolder');
    const drawn = await drawOnce(runFolder);
    const own = await mkdtemp(join(runFolder, 'pictures-'));
    const folder = join(own, 'datasets');
    await cp(drawn, folder, { recursive: true });
    Object.assign(pictures, { folder, volumes: { '/datasets': folder, '/models': models } });
  });
  afterAll(async () => {
    if (pictures.folder) await rm(join(pictures.folder, '..'), { recursive: true });
  });
  return pictures;
}

/** Draws the pictures once for all test files of the run. */
async function drawOnce(runFolder: string): Promise<string> {
  const folder = join(runFolder, 'pictures');
  await withFileLock(`${folder}.lock`, async () => {
    if (await stat(folder).catch(() => null)) return;
    await mkdir(`${folder}.new`);
    for (const [index, name] of scenes.entries()) {
      await writeFile(join(`${folder}.new`, name), (await drawScene(index + 1, 'fluent', 160)).jpeg);
    }
    const grey = { create: { width: 40, height: 30, channels: 3 as const, background: '#888' } };
    await sharp(grey)
      .jpeg()
      .toFile(join(`${folder}.new`, 'blank.jpg'));
    await rename(`${folder}.new`, folder);
  });
  return folder;
}
