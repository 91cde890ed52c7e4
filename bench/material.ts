import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../src/config.ts';
import { startPrivateServer, stopPrivateServer } from '../src/datasource/private-server.ts';
import { type Dataset, drawDataset } from '../src/demo/scenes/dataset.ts';
import { MillraceError } from '../src/errors.ts';

export interface Pictures {
  readonly dataset: Dataset;
  readonly folder: string;
  /** Path of the folder in statements. */
  readonly imageDir: string;
  readonly files: readonly string[];
}

/** What benchmarks need; each part is created when it is first requested. */
export interface Material {
  modelFile(): string;
  /** Configuration with a database server that runs as long as the benchmarks. */
  config(): Promise<Config & { readonly dsn: string }>;
  pictures(): Promise<Pictures>;
  /** Stops and removes what was started. */
  release(): Promise<void>;
}

export function openMaterial(note: (line: string) => void): Material {
  const configured = readConfig(process.env);
  let folder: string | undefined;
  let dsn: string | undefined;
  return {
    modelFile: () => findModel(configured),
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
