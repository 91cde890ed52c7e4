import { basename, dirname } from 'node:path';
import type { Pool } from 'mysql2/promise';
import { isBucketUrl } from '../bucket-url.ts';
import { withReconnect } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import { readFile } from '../ledger/model-files.ts';
import { readModel } from '../ledger/registry.ts';
import type { ModelReference } from '../model-task.ts';
import type { CascadeModel } from '../programs/cascade.ts';
import { type ProgramCall, runsOneModel } from '../programs/programs.ts';
import { bucketModel } from './buckets/bucket-model.ts';
import { cachedFile, checkDigest, type ModelCache } from './model-cache.ts';
import { optionPath, pathInside, type Volumes } from './volume-path.ts';

interface Place {
  readonly pool: Pool;
  readonly schema: string;
  readonly volumes: Volumes;
  readonly cache: ModelCache;
}

/** What a program needs to open its model. */
interface Located {
  readonly program: ProgramCall;
  readonly volumes: Volumes;
}

/** The cache appears to the program as a volume. */
const cacheMount = '/millrace-models';

/**
 * Makes sure that the program opens the registered files: fetches one of the system schema or of a bucket, or compares the digest of one in
 * a volume. A file of a bucket that is not registered is fetched as it is now.
 * @throws {MillraceError} MODEL_CHANGED, MODEL_DROPPED, MODEL_MISSING, UNKNOWN_MODEL, OUTSIDE_VOLUMES, BUCKET_…, DATABASE_…
 */
export async function locateModel(
  program: ProgramCall,
  model: ModelReference | undefined,
  place: Place,
): Promise<Located> {
  const volumes: Record<string, string> = { ...place.volumes };
  const locate = async (named: string, reference: ModelReference | undefined): Promise<string> => {
    const file = await locateFile(named, reference, place);
    return file === null ? named : `${mountOf(dirname(file), volumes)}/${basename(file)}`;
  };
  if (program.name === 'find') {
    const { cascade } = program.settings;
    const models: CascadeModel[] = [];
    for (const each of cascade.models)
      models.push({ ...each, file: await locate(each.file, each.reference ?? undefined) });
    const settings = { ...program.settings, cascade: { ...cascade, models } };
    return { program: { ...program, settings }, volumes };
  }
  if (!runsOneModel(program)) return { program, volumes };
  const settings = { ...program.settings, model: await locate(program.settings.model, model) };
  return { program: { ...program, settings } as ProgramCall, volumes };
}

/** A folder of the cache as a volume. */
function mountOf(folder: string, volumes: Record<string, string>): string {
  const known = Object.keys(volumes).filter((mount) => mount.startsWith(cacheMount));
  const mount = known.find((each) => volumes[each] === folder) ?? `${cacheMount}${known.length || ''}`;
  volumes[mount] = folder;
  return mount;
}

/** @returns the file in the cache; null: it is `named`, in a volume */
async function locateFile(
  named: string,
  model: ModelReference | undefined,
  { pool, schema, volumes, cache }: Place,
): Promise<string | null> {
  const digest = model === undefined ? null : (model.digest ?? (await digestMadeEarlier(model, { pool, schema })));
  if (isBucketUrl(named)) return bucketModel(named, digest, { volumes, cache });
  if (model === undefined || digest === null) return null;
  if (model.isInDatabase) return cachedFile(cache, digest, () => readFile(pool, schema, digest));
  const { path, root } = optionPath('--model', named, volumes);
  // Whether a link leads out of the volume is checked when the file is opened.
  const real = (await pathInside(path, root).catch(() => null)) ?? path;
  await checkDigest(cache, real, named, digest);
  return null;
}

/** Digest of the version that an earlier step of the program made. */
async function digestMadeEarlier(
  { name, madeBy }: ModelReference,
  { pool, schema }: Pick<Place, 'pool' | 'schema'>,
): Promise<string | null> {
  if (madeBy === null) return null;
  const model = await withReconnect(() => readModel(pool, schema, name, null));
  if (model !== null) return model.digest;
  throw new MillraceError('UNKNOWN_MODEL', `the model '${name}' was dropped after ${madeBy} had made it`);
}
