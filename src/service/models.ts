import type { Pool } from 'mysql2/promise';
import { modelFiles } from '../catalog/named-models.ts';
import type { Config } from '../config.ts';
import { type ListedModel, listModels } from '../ledger/registry.ts';

/** A model that `--model` can name, with its current version. */
export interface Model {
  readonly name: string;
  /** null: a file in `/models` that is not registered. */
  readonly version: number | null;
  readonly kind: 'detector' | 'classifier' | 'tabular' | 'simulated' | 'unregistered';
  readonly family: string | null;
  /** Number of classes. */
  readonly classes: number | null;
  /** Bytes. */
  readonly size: number | null;
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string | null;
  /** Path of the file as a step sees it; null: in the database, or simulated. */
  readonly file: string | null;
  /** What a simulated model is like. */
  readonly base: string | null;
  readonly owner: string | null;
  /** COCO's AP at .50:.95 of the latest evaluation. */
  readonly map: number | null;
  /** Of the latest measurement. */
  readonly imagesPerSecond: number | null;
}

/** The models that `--model` can name: those of the registry, and files in `/models` that nobody registered. */
export async function listAllModels(pool: Pool, { schema, volumes }: Config): Promise<readonly Model[]> {
  const registered = await listModels(pool, schema, null);
  const names = new Set(registered.map(({ name }) => name));
  const files = (await modelFiles(volumes['/models'])).filter(({ name }) => !names.has(name));
  const models = [
    ...registered.map(modelView),
    ...files.map(({ name, file }): Model => ({ ...unregistered, name, file })),
  ];
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function modelView({
  name,
  version,
  kind,
  family,
  classes,
  size,
  file,
  base,
  owner,
  digest,
  map,
  imagesPerSecond,
}: ListedModel): Model {
  return { name, version, kind, family, classes, size, digest, file, base, owner, map, imagesPerSecond };
}

const unregistered: Omit<Model, 'name' | 'file'> = {
  ...{
    version: null,
    kind: 'unregistered' as const,
    family: null,
    classes: null,
    size: null,
    digest: null,
    base: null,
  },
  ...{ owner: null, map: null, imagesPerSecond: null },
};
