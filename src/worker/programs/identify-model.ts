import { MillraceError } from '../../errors.ts';
import type { ModelSettings } from '../model/look-at-model.ts';
import { lookAtClassifier } from './classify/classifier-model.ts';
import { lookAtDetector } from './detect/detector-model.ts';

/** What a model file is. */
export interface IdentifiedModel {
  readonly kind: 'detector' | 'classifier';
  /** Family of detectors; null: a classifier. */
  readonly family: string | null;
  readonly classNames: readonly string[];
  /** px */
  readonly width: number;
  readonly height: number;
  /** Names of the model's inputs. */
  readonly inputs: readonly string[];
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
