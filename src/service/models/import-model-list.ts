import type { Pool } from 'mysql2/promise';
import { readVersions } from '../../ledger/registry.ts';
import { addVersion } from '../../ledger/registry-changes.ts';
import type { ModelActor } from '../../model-task.ts';
import { readModelList } from './read-model-list.ts';

export interface ImportedModels {
  readonly models: number;
  /** Those that are new, or have another latency, accuracy or coverage than before. */
  readonly added: number;
  /** Models that they vary and nobody has registered: a statement can run a variation once its base is. */
  readonly missingBases: readonly string[];
}

/**
 * Registers the simulated models of a list. The same list again changes nothing.
 * @throws {MillraceError} MODEL_LIST_INVALID: then nothing is registered; MODEL_EXISTS, DATABASE_…
 */
export async function importModelList(
  pool: Pool,
  schema: string,
  text: string,
  actor: ModelActor,
): Promise<ImportedModels> {
  const variations = readModelList(text);
  let added = 0;
  for (const { name, base, ...simulation } of variations) {
    const none = { digest: null, size: null, file: null, statement: null };
    const facts = { family: null, classNames: [], width: null, height: null, inputs: [], namesAreGiven: false };
    const model = { name, kind: 'simulated', location: 'none', base, simulation, facts, ...none } as const;
    if ((await addVersion(pool, schema, model, actor)).isNew) added++;
  }
  const bases = [...new Set(variations.map(({ base }) => base))];
  const known = await readVersions(pool, schema, bases);
  const missingBases = bases.filter((base) => known.every(({ name }) => name !== base));
  return { models: variations.length, added, missingBases };
}
