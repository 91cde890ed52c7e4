import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { type Config, readConfig } from '../src/config.ts';
import { startPrivateServer, stopPrivateServer } from '../src/datasource/private-server.ts';
import { type Dataset, drawDataset } from '../src/demo/scenes/dataset.ts';
import { MillraceError } from '../src/errors.ts';
import type { Device } from '../src/programs/device.ts';
import { lookAtDetector } from '../src/worker/programs/detect/detector-model.ts';

export interface Pictures {
  readonly dataset: Dataset;
  readonly folder: string;
  /** Path of the folder in statements. */
  readonly imageDir: string;
  readonly files: readonly string[];
}

/** A detector and images for it. */
export interface DetectorMaterial {
  readonly modelFile: string;
  /** Side of the model's input, px. */
  readonly side: number;
  /** One per row: the same image may be there several times. */
  readonly files: readonly string[];
  readonly fileNames: readonly string[];
  /** What is on the images; null: unknown. */
  readonly dataset: Dataset | null;
  /** Folders on this machine by their paths in statements. */
  readonly volumes: Readonly<Record<string, string>>;
  /** What follows CMD in a statement. */
  readonly command: string;
  /** The interpreter of the Python pipeline. */
  readonly python: string;
}

/** What the command line chooses; null: the demo's, or whatever is usual. */
export interface Choice {
  readonly model: string | null;
  readonly images: string | null;
  /** Of chosen images: as many as repeat them. */
  readonly rows: number;
  readonly batch: number | null;
  readonly device: Device;
  /** Folder for charts; null: none are drawn. */
  readonly charts: string | null;
}

/** What benchmarks need; each part is created when it is first requested. */
export interface Material {
  detector(): Promise<DetectorMaterial>;
  readonly choice: Choice;
  /** Configuration with a database server that runs as long as the benchmarks. */
  config(): Promise<Config & { readonly dsn: string }>;
  pictures(): Promise<Pictures>;
  /** Stops and removes what was started. */
  release(): Promise<void>;
}

export function openMaterial(choice: Choice, note: (line: string) => void): Material {
  const configured = readConfig(process.env);
  let folder: string | undefined;
  let dsn: string | undefined;
  return {
    detector: () => detectorMaterial(choice, configured, note),
    choice,
    async config() {
      folder ??= await mkdtemp(join(tmpdir(), 'millrace-bench-'));
      dsn ??= (await startPrivateServer(join(folder, 'mariadb'), { onProgress: note })).dsn;
      return { ...configured, dsn, schema: 'millrace', stateFolder: folder };
    },
    pictures: () => drawPictures(configured, note),
    async release() {
      if (folder === undefined) return;
      await stopPrivateServer(join(folder, 'mariadb'));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function detectorMaterial(
  choice: Choice,
  config: Config,
  note: (line: string) => void,
): Promise<DetectorMaterial> {
  const modelFile = choice.model === null ? findModel(config) : resolve(choice.model);
  const images =
    choice.images === null ? await drawnImages(config, note) : await chosenImages(resolve(choice.images), choice.rows);
  const settings = {
    modelFile,
    modelRoot: null,
    device: 'cpu',
    threads: 1,
    imageSize: null,
    confidence: 0.25,
  } as const;
  const { model } = await lookAtDetector(settings);
  const options = [
    `--model=/models/${basename(modelFile)}`,
    '--image_dir=/datasets',
    `--device=${choice.device}`,
    ...(choice.batch === null ? [] : [`--batch=${choice.batch}`]),
  ];
  return {
    modelFile,
    side: model.imageSize.width,
    files: images.fileNames.map((name) => join(images.folder, name)),
    fileNames: images.fileNames,
    dataset: images.dataset,
    volumes: { '/models': dirname(modelFile), '/datasets': images.folder },
    command: ['detect', ...options].map((word) => `"${word}"`).join(', '),
    python: process.env.MILLRACE_BENCH_PYTHON ?? pythonOf(config.stateFolder),
  };
}

function pythonOf(stateFolder: string): string {
  const own = join(stateFolder, 'peer', 'bin', 'python');
  return existsSync(own) ? own : 'python3';
}

async function drawnImages(config: Config, note: (line: string) => void) {
  const { dataset, folder } = await drawPictures(config, note);
  return { dataset, folder, fileNames: dataset.images.map(({ file_name }) => file_name) };
}

async function chosenImages(folder: string, rows: number) {
  const names = (await readdir(folder)).filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort();
  if (names.length === 0) throw new MillraceError('IMAGE_MISSING', `no images in ${folder}`);
  const fileNames = Array.from({ length: rows }, (_, row) => names[row % names.length]!);
  return { dataset: null, folder, fileNames };
}

function findModel({ volumes }: Config): string {
  const file = join(volumes['/models'] ?? '', 'demo.onnx');
  if (existsSync(file)) return file;
  throw new MillraceError('MODEL_MISSING', `the model file ${file} does not exist`, {
    hint: 'run npm run model:train to create it',
  });
}

const scenes = { count: 400, firstSeed: 6_000_000, styles: ['fluent', 'noto'], width: 640 } as const;

/** Stored beside the demo's pictures, so that only the first run draws them. */
async function drawPictures({ volumes, stateFolder }: Config, note: (line: string) => void): Promise<Pictures> {
  const folder = join(volumes['/datasets'] ?? stateFolder, 'bench');
  const dataset = await drawDataset(folder, scenes, (done, total) => {
    if (done % 100 === 0) note(`drawing pictures ${done}/${total}`);
  });
  const files = dataset.images.map(({ file_name }) => join(folder, file_name));
  return { dataset, folder, imageDir: '/datasets/bench', files };
}
