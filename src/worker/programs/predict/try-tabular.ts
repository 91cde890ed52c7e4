import { readModelFile } from '../../model/model-file.ts';
import { readTabular, type TabularModel, type TensorInput } from './read-tabular.ts';
import { type InputColumn, openTabular, type TabularSettings } from './tabular-session.ts';

/**
 * Reads a model and runs it once, on a row of NULL.
 * @param isTabular whether it must be a model of a table
 * @returns null if its inputs are others
 * @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES, INFERENCE_FAILED
 */
export async function tryTabular(settings: TabularSettings, isTabular: boolean): Promise<TabularModel | null> {
  if (!isTabular && readTabular(await readModelFile(settings.modelFile, settings.modelRoot)) === null) return null;
  const session = await openTabular(settings);
  try {
    await session.run(session.model.inputs.map(nothing), 1, true);
    return session.model;
  } finally {
    await session.close();
  }
}

function nothing({ kind, type }: TensorInput): InputColumn {
  if (kind === 'text') return [''];
  return Float64Array.of(type.startsWith('float') ? Number.NaN : 0);
}
