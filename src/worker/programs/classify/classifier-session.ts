import { MillraceError } from '../../../errors.ts';
import type { SettingsOf } from '../../../programs/programs.ts';
import type { ImageModel } from '../../model/model.ts';
import { type ModelSession, type ModelSettings, type OutputShape, openModel } from '../../model/session.ts';

export interface ClassifierSettings
  extends ModelSettings,
    Pick<SettingsOf<'classify'>, 'top' | 'min_score' | 'activation' | 'normalization'> {}

export interface ClassifierModel extends ImageModel {
  readonly classes: number;
  /** Whether its output must go through softmax to become scores. */
  readonly givesLogits: boolean;
  /** Whether it was trained on pixels normalized as for ImageNet. */
  readonly isNormalized: boolean;
}

export interface ClassifierSession extends Pick<ModelSession, 'run'> {
  readonly model: ClassifierModel;
}

const classifier = { name: 'a classifier', usualSize: 224, usualStride: 1 };

/** Operators whose results are scores already. */
const activations = ['Softmax', 'Sigmoid', 'HardSigmoid'];

/** @throws MillraceError whatever `openModel` throws; MODEL_UNSUPPORTED where it is not a classifier */
export async function openClassifierSession(
  settings: ModelSettings & Pick<ClassifierSettings, 'activation' | 'normalization'>,
): Promise<ClassifierSession> {
  const { activation, normalization } = settings;
  const { model, file, outputs, run } = await openModel(settings, classifier, refuseSeveral);
  const task = file.metadata.get('task');
  const classes = classesOf(outputs, task);
  checkNames(model.classNames.length, classes);
  const hasActivation = activations.includes(file.lastOperator ?? '');
  return {
    model: {
      ...model,
      classes,
      givesLogits: activation === 'auto' ? !hasActivation : activation === 'softmax',
      // Ultralytics trains its classifiers on pixels from 0 to 1, nearly everybody else on ImageNet's mean and deviation.
      isNormalized: normalization === 'auto' ? task !== 'classify' : normalization === 'imagenet',
    },
    run,
  };
}

/** Before the input is looked at: what a model gives says more about it than what it takes. */
function refuseSeveral(outputs: readonly string[]): void {
  if (outputs.length === 1) return;
  const message = `the model looks like a detector: it has the outputs ${outputs.join(', ')}, and a classifier has one`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, { hint: runAsDetector });
}

const runAsDetector = 'run a detector with CMD "yolo", or export a classifier with one output [batch, classes]';

/** @throws MillraceError MODEL_UNSUPPORTED where the output is not `[batch, classes]`, or the same with two sides of 1 */
function classesOf([output]: readonly OutputShape[], task: string | undefined): number {
  const [, classes = 0, ...sides] = output?.dims ?? [];
  const isFlat = sides.length === 0 || (sides.length === 2 && sides.every((side) => side === 1));
  const isOther = task !== undefined && task !== 'classify';
  if (classes > 0 && isFlat && !isOther) return classes;
  const found = `output ${output?.name} [${output?.dims.join(', ')}]`;
  const detects = isOther || sides.length === 1;
  const what = detects ? 'the model looks like a detector' : "the layout of the model's output is unknown";
  throw new MillraceError('MODEL_UNSUPPORTED', `${what}: ${found}`, { hint: runAsDetector });
}

function checkNames(names: number, classes: number): void {
  if (names === 0 || names === classes) return;
  const message = `the model's names and its output differ: ${names} names, ${classes} classes`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, {
    hint: `set the metadata entry names to the model's ${classes} classes, or remove it`,
  });
}
