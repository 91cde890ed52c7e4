import { MillraceError } from '../../errors.ts';
import type { ModelSettings } from '../model/look-at-model.ts';
import { lookAtClassifier } from './classify/classifier-model.ts';
import { lookAtDetector } from './detect/detector-model.ts';
import type { TabularModel } from './predict/read-tabular.ts';
import { tryTabular } from './predict/try-tabular.ts';

/** What a model file is, in a line. @throws {MillraceError} why no program runs it */
export async function describeModel(settings: ModelSettings): Promise<string> {
  const tabular = await tryTabular(settings, false);
  if (tabular !== null) return describeTabular(tabular);
  try {
    return await describeDetector(settings);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MODEL_UNSUPPORTED') throw error;
    return describeClassifier(settings).catch(() => {
      throw error;
    });
  }
}

function describeTabular({ facts: { inputs, estimator, output }, classNames }: TabularModel): string {
  const says = output === 'class' ? `${classNames.length} classes` : output === 'cluster' ? 'clusters' : 'a number';
  return `${estimator ?? 'a model of a table'}, ${inputs.length} columns, ${says}`;
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
