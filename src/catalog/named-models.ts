import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Pool } from 'mysql2/promise';
import { listNames, type ModelVersion, readVersions } from '../ledger/registry.ts';
import type { CatalogModel, RegisteredModel } from './catalog-model.ts';

export interface ModelPlaces {
  /** Connections to the system schema. */
  readonly pool: Pool;
  readonly schema: string;
  /** The folder used as `/models`; undefined: it is not on this machine. */
  readonly folder: string | undefined;
}

/** Names that suggestions are chosen from. */
const mostSuggestions = 1000;

/**
 * Models that the words may name, with all versions of each, and names for suggestions: those of other models only if a word names none.
 * Reads as much as there are words, however many models there are.
 */
export async function namedModels(
  places: ModelPlaces,
  words: readonly string[],
): Promise<{ readonly models: readonly CatalogModel[]; readonly knownNames: readonly string[] }> {
  const { pool, schema, folder } = places;
  const names = [...new Set(words.map(withoutVersion))];
  const versions = await readVersions(pool, schema, names);
  const bases = await readVersions(pool, schema, [
    ...new Set(versions.flatMap(({ base }) => (base === null ? [] : [withoutVersion(base)]))),
  ]);
  const unregistered = await filesNamed(folder, [
    ...new Set([...words, ...versions.flatMap(({ base }) => base ?? [])]),
  ]);
  const models = [...versions.map((version) => catalogModel(version, bases)), ...unregistered];
  const found = new Set(models.map(({ name }) => name));
  const knownNames = names.every((name) => found.has(name)) ? [...found] : await someNames(places);
  return { models, knownNames };
}

const withoutVersion = (name: string) => name.replace(/@\d{1,9}$/, '');

export function catalogModel(model: ModelVersion, bases: readonly ModelVersion[]): CatalogModel {
  const { name, version, isCurrent, owner, base: baseName, simulation, facts } = model;
  const base = baseName === null ? model : bases.find((each) => isNamed(each, baseName));
  const { digest = null, location = 'path', file = null } = base ?? {};
  return {
    name,
    file: file ?? (base === undefined ? `/models/${baseName}.onnx` : `${base.name}@${base.version}`),
    registered: {
      ...{ version, isCurrent, owner, digest, base: baseName, simulation, madeBy: null },
      ...kindOf(base ?? model),
      location: location === 'database' ? 'database' : 'path',
      classNames: (base ?? model).facts.namesAreGiven ? facts.classNames : null,
    },
  };
}

function kindOf({ kind, facts: { tabular } }: ModelVersion): Pick<RegisteredModel, 'kind' | 'tabular'> {
  return { ...(kind !== 'simulated' && { kind }), ...(tabular !== undefined && { tabular }) };
}

/** A bare name stands for the current version: a list of simulated models may be imported before the model that they vary. */
function isNamed({ name, version, isCurrent }: ModelVersion, written: string): boolean {
  return written === `${name}@${version}` || (isCurrent && written === name);
}

/** A name with a slash or the like is not looked for. */
const fileName = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;

async function filesNamed(folder: string | undefined, names: readonly string[]): Promise<readonly CatalogModel[]> {
  if (folder === undefined) return [];
  const found = names
    .filter((name) => fileName.test(name))
    .map(async (name) => {
      const file = await stat(join(folder, `${name}.onnx`)).catch(() => null);
      return file === null ? [] : [unregisteredModel(name)];
    });
  return (await Promise.all(found)).flat();
}

export const unregisteredModel = (name: string): CatalogModel => ({ name, file: `/models/${name}.onnx` });

async function someNames({ pool, schema, folder }: ModelPlaces): Promise<readonly string[]> {
  const registered = await listNames(pool, schema, mostSuggestions);
  const files = (await modelFiles(folder)).map(({ name }) => name);
  return [...new Set([...registered, ...files])].sort();
}

/** The files `NAME.onnx` in the folder used as `/models`. */
export async function modelFiles(folder: string | undefined): Promise<readonly CatalogModel[]> {
  const files = folder === undefined ? [] : await readdir(folder).catch(() => []);
  return files
    .filter((file) => file.endsWith('.onnx'))
    .sort()
    .map((file) => unregisteredModel(basename(file, '.onnx')));
}
