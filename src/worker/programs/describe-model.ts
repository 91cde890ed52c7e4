import { MillraceError } from '../../errors.ts';
import type { ModelSettings } from '../model/look-at-model.ts';
import { lookAtClassifier } from './classify/classifier-model.ts';
import { lookAtDetector } from './detect/detector-model.ts';

/** What a model file is, in a line. @throws {MillraceError} why no program runs it */
export async function describeModel(settings: ModelSettings): Promise<string> {
  try {
    return await describeDetector(settings);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MODEL_UNSUPPORTED') throw error;
    return describeClassifier(settings).catch(() => {
      throw error;
    });
  }
}

async function describeDetector(settings: ModelSettings): Promise<string> {
  const { model } = await lookAtDetector({ ...settings, confidence: 0.25 });
  const { width, height } = model.imageSize;
  const named = model.assumedNames === null ? '' : `, named as ${model.assumedNames}'s`;
  return `${model.layout}, ${model.classNames.length} classes${named}, ${width}×${height} px`;
}

async function describeClassifier(settings: ModelSettings): Promise<string> {
  const { model } = await lookAtClassifier({ ...settings, activation: 'auto', normalization: 'auto', names: null });
  const { width, height } = model.imageSize;
  return `classifier, ${model.classes} classes, ${width}×${height} px`;
}
