import { MillraceError } from '../../errors.ts';
import type { FileKind } from '../../model-task.ts';
import type { TabularFacts } from '../../tabular-model.ts';
import type { ModelSettings } from '../model/look-at-model.ts';
import { lookAtClassifier } from './classify/classifier-model.ts';
import { lookAtDetector } from './detect/detector-model.ts';
import { tryTabular } from './predict/try-tabular.ts';

/** What a model file is. */
export interface IdentifiedModel {
  readonly kind: FileKind;
  /** Family of detectors, or the estimator that trained it; null: a classifier, or not known. */
  readonly family: string | null;
  readonly classNames: readonly string[];
  /** Size of the pictures in px; null: it reads none. */
  readonly width: number | null;
  readonly height: number | null;
  /** Names of the model's inputs. */
  readonly inputs: readonly string[];
  /** Absent: it reads pictures. */
  readonly tabular?: TabularFacts;
}

/**
 * @param kind null: it is recognised
 * @param names of the classes; null: the file's
 * @throws {MillraceError} why no program runs it
 */
export async function identifyModel(
  settings: ModelSettings,
  kind: IdentifiedModel['kind'] | null,
  names: readonly string[] | null,
): Promise<IdentifiedModel> {
  if (kind === 'tabular' || kind === null) {
    const tabular = await identifyTabular(settings, kind, names);
    if (tabular !== null) return tabular;
  }
  if (kind === 'classifier') return identifyClassifier(settings, names);
  try {
    return await identifyDetector(settings, names);
  } catch (error) {
    const isOther = error instanceof MillraceError && error.code === 'MODEL_UNSUPPORTED';
    if (!isOther || kind === 'detector') throw error;
    return identifyClassifier(settings, names).catch(() => {
      throw error;
    });
  }
}

/** @returns null if `kind` is null and the model does not read columns */
async function identifyTabular(
  settings: ModelSettings,
  kind: 'tabular' | null,
  names: readonly string[] | null,
): Promise<IdentifiedModel | null> {
  const found = await tryTabular(settings, kind === 'tabular');
  if (found === null) return null;
  if (names !== null)
    throw new MillraceError('MODEL_UNSUPPORTED', 'a model of a table has its classes in its file', {
      hint: 'leave class_names and classes_file out',
    });
  const { facts, classNames } = found;
  const inputs = facts.inputs.map(({ name }) => name);
  return { kind: 'tabular', family: facts.estimator, classNames, width: null, height: null, inputs, tabular: facts };
}

async function identifyDetector(settings: ModelSettings, names: readonly string[] | null): Promise<IdentifiedModel> {
  const { model, input, otherInputs } = await lookAtDetector({ ...settings, names, confidence: 0.25 });
  const { width, height } = model.imageSize;
  const inputs = [input.name, ...otherInputs];
  return { kind: 'detector', family: model.family, classNames: model.classNames, width, height, inputs };
}

async function identifyClassifier(settings: ModelSettings, names: readonly string[] | null): Promise<IdentifiedModel> {
  const { model, input, otherInputs } = await lookAtClassifier({
    ...settings,
    activation: 'auto',
    normalization: 'auto',
    names,
  });
  const { width, height } = model.imageSize;
  const inputs = [input.name, ...otherInputs];
  return { kind: 'classifier', family: null, classNames: model.classNames, width, height, inputs };
}
