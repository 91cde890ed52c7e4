import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { MillraceError } from '../errors.ts';
import { findPictures } from './find-pictures.ts';
import { type Dataset, drawDataset } from './scenes/dataset.ts';

/** The pictures and the model that the demo uses. */
export interface Material {
  /** Prefix of the material's tables: `demo.images`, `demo.detections`; `demo.own_images`, … */
  readonly prefix: '' | 'own_';
  /** The statement's `--image_dir` and `--model`. */
  readonly imageDir: string;
  readonly model: string;
  /** Mount paths of this material, added to the configured ones. */
  readonly volumes: Readonly<Record<string, string>>;
  /** The folder of the pictures on this machine. */
  readonly folder: string;
  /** Finds or draws the pictures. Drawing takes a while and reports its progress. */
  load(onProgress: (line: string) => void): Promise<Pictures>;
}

export interface Pictures {
  readonly fileNames: readonly string[];
  /** null: the pictures have no annotations. */
  readonly dataset: Dataset | null;
  /** A short text that says what was drawn, found or reused. */
  readonly note: string;
}

const scenes = { count: 200, firstSeed: 5_000_000, styles: ['fluent', 'noto'], width: 640 } as const;

export function demoMaterial(config: Config, modelFile: string | undefined): Material {
  const folder = join(config.volumes['/datasets'] ?? config.stateFolder, 'demo');
  return {
    prefix: '',
    imageDir: '/datasets/demo',
    folder,
    ...modelMaterial(modelFile),
    async load(onProgress) {
      const present = existsSync(join(folder, 'annotations.json'));
      const dataset = await drawDataset(folder, scenes, (done, total) =>
        onProgress(`drawing pictures  ${done}/${total}`),
      );
      const note = present ? `${scenes.count} drawn scenes reused` : `${scenes.count} scenes drawn`;
      return { fileNames: dataset.images.map(({ file_name }) => file_name), dataset, note };
    },
  };
}

/** @throws {MillraceError} USAGE if the folder or the file does not exist */
export async function ownMaterial(images: string, modelFile: string | undefined): Promise<Material> {
  const folder = resolve(images);
  const model = modelMaterial(modelFile);
  const { fileNames, note } = await findPictures(folder);
  return {
    prefix: 'own_',
    imageDir: '/datasets/own',
    folder,
    model: model.model,
    volumes: { ...model.volumes, '/datasets/own': folder },
    load: async () => ({ fileNames, dataset: null, note }),
  };
}

function modelMaterial(file: string | undefined): Pick<Material, 'model' | 'volumes'> {
  if (file === undefined) return { model: 'demo', volumes: {} };
  const path = resolve(file);
  if (!existsSync(path)) throw usage(`the model file ${file} does not exist`, 'give the path of an ONNX file');
  return { model: `/models/own/${basename(path)}`, volumes: { '/models/own': dirname(path) } };
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
