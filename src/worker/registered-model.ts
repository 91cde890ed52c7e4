import type { Pool } from 'mysql2/promise';
import { withReconnect } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import { readFile } from '../ledger/model-files.ts';
import { readModel } from '../ledger/registry.ts';
import type { ModelReference } from '../model-task.ts';
import { type ProgramCall, runsOneModel } from '../programs/programs.ts';
import { cachedFile, checkDigest, type ModelCache } from './model-cache.ts';
import { optionPath, pathInside, type Volumes } from './volume-path.ts';

interface Place {
  readonly pool: Pool;
  readonly schema: string;
  readonly volumes: Volumes;
  readonly cache: ModelCache;
}

/** What a program needs to open its registered model. */
interface Located {
  readonly program: ProgramCall;
  readonly volumes: Volumes;
}

/** The cache appears to the program as a volume. */
const cacheMount = '/millrace-models';

/**
 * Makes sure that the program opens the registered file: fetches one of the system schema, or compares the digest of one in a volume.
 * @throws {MillraceError} MODEL_CHANGED, MODEL_DROPPED, MODEL_MISSING, UNKNOWN_MODEL, OUTSIDE_VOLUMES, DATABASE_…
 */
export async function locateModel(
  program: ProgramCall,
  model: ModelReference | undefined,
  { pool, schema, volumes, cache }: Place,
): Promise<Located> {
  if (model === undefined || !runsOneModel(program)) return { program, volumes };
  const digest = model.digest ?? (await digestMadeEarlier(model, { pool, schema }));
  if (digest === null) return { program, volumes };
  if (!model.isInDatabase) {
    const { path, root } = optionPath('--model', program.settings.model, volumes);
    // Whether a link leads out of the volume is checked when the file is opened.
    const real = (await pathInside(path, root).catch(() => null)) ?? path;
    await checkDigest(cache, real, program.settings.model, digest);
    return { program, volumes };
  }
  await cachedFile(cache, digest, () => readFile(pool, schema, digest));
  const settings = { ...program.settings, model: `${cacheMount}/${digest}.onnx` };
  return { program: { ...program, settings } as ProgramCall, volumes: { ...volumes, [cacheMount]: cache.folder } };
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
