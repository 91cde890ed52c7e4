import { MillraceError } from '../../errors.ts';
import type { ModelSettings } from '../model/session.ts';
import { openClassifierSession } from './classify/classifier-session.ts';
import { openDetectorSession } from './yolo/detector-session.ts';

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
  const { model } = await openDetectorSession(settings);
  const { width, height } = model.imageSize;
  return `${model.family}, ${model.classNames.length} classes, ${width}×${height} px`;
}

async function describeClassifier(settings: ModelSettings): Promise<string> {
  const { model } = await openClassifierSession({ ...settings, activation: 'auto', normalization: 'auto' });
  const { width, height } = model.imageSize;
  return `classifier, ${model.classes} classes, ${width}×${height} px`;
}
