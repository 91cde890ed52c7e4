import { MillraceError } from '../../../errors.ts';
import type { SettingsOf } from '../../../programs/programs.ts';
import {
  type Look,
  type LookedModel,
  lookAtModel,
  type ModelSettings,
  type OutputShape,
} from '../../model/look-at-model.ts';
import { checkScores, type ImageModel } from '../../model/model.ts';
import type { Channels, Preprocessing } from '../../model/preprocessing.ts';
import { usualClassifierNames } from '../usual-names.ts';

export interface ClassifierSettings
  extends ModelSettings,
    Pick<SettingsOf<'classify'>, 'activation' | 'normalization'> {
  /** Names of the classes, instead of the file's; null: the file has them. */
  readonly names: readonly string[] | null;
}

export interface ClassifierModel extends ImageModel {
  readonly classes: number;
  /** Whether its output must go through softmax to become scores. */
  readonly givesLogits: boolean;
  /** Whether it was trained on pixels normalized as for ImageNet. */
  readonly isNormalized: boolean;
  /** The data set whose class names are used, because it has as many as the model, which names none; null: they are the model's own. */
  readonly assumedNames: string | null;
}

export interface LookedClassifier extends LookedModel {
  readonly model: ClassifierModel;
  readonly preprocessing: Preprocessing;
}

/** Mean and standard deviation of R, G and B in 0..1: https://docs.pytorch.org/vision/stable/models.html */
const imagenet: { readonly [Each in 'mean' | 'deviation']: Channels } = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};
const asTheyAre: typeof imagenet = { mean: [0, 0, 0], deviation: [1, 1, 1] };

const classifier = { name: 'a classifier', usualSize: 224, usualStride: 1 };

/** Operators whose results are scores already. */
const activations = ['Softmax', 'Sigmoid', 'HardSigmoid', 'QLinearSoftmax', 'QLinearSigmoid'];

/** @throws MillraceError whatever `look` throws; MODEL_UNSUPPORTED where it is not a classifier */
export async function lookAtClassifier(
  settings: ClassifierSettings,
  look: Look = lookAtModel,
): Promise<LookedClassifier> {
  const { activation, normalization } = settings;
  const looked = await look(settings, classifier, refuseSeveral);
  const { model, file, input, outputs } = looked;
  const task = file.metadata.get('task');
  const classes = classesOf(outputs, task);
  checkScores(outputs[0]!);
  const own = settings.names ?? model.classNames;
  checkNames(own.length, classes);
  const usual = own.length === 0 ? usualClassifierNames(classes) : null;
  const hasActivation = activations.includes(file.lastOperator ?? '');
  // Ultralytics trains its classifiers on pixels from 0 to 1, nearly everybody else on ImageNet's mean and deviation.
  const isNormalized = normalization === 'auto' ? task !== 'classify' : normalization === 'imagenet';
  return {
    ...looked,
    model: {
      ...model,
      classNames: usual?.names ?? (own.length === 0 ? numberedNames(classes) : own),
      classes,
      givesLogits: activation === 'auto' ? !hasActivation : activation === 'softmax',
      isNormalized,
      assumedNames: usual?.dataset ?? null,
    },
    preprocessing: {
      placement: 'centre-crop',
      padding: 0,
      order: 'rgb',
      layout: input.layout,
      type: input.type,
      // A model that takes bytes scales them by itself.
      ...(input.type === 'uint8'
        ? { scale: 1, ...asTheyAre }
        : { scale: 1 / 255, ...(isNormalized ? imagenet : asTheyAre) }),
    },
  };
}

/** Before the input is looked at: what a model gives says more about it than what it takes. */
function refuseSeveral(outputs: readonly string[]): void {
  if (outputs.length === 1) return;
  const message = `the model looks like a detector: it has the outputs ${outputs.join(', ')}, and a classifier has one`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, { hint: runAsDetector });
}

const runAsDetector = 'run a detector with CMD "detect", or export a classifier with one output [batch, classes]';

/** @throws MillraceError MODEL_UNSUPPORTED where the output is not `[batch, classes]`, or the same with sides of 1 */
function classesOf([output]: readonly OutputShape[], task: string | undefined): number {
  const [, ...sides] = output?.dims ?? [];
  const long = sides.filter((side) => side !== 1);
  const isFlat = sides.length > 0 && long.length <= 1;
  const isOther = task !== undefined && task !== 'classify';
  if (isFlat && !isOther) return long[0] ?? 1;
  const found = `output ${output?.name} [${output?.dims.join(', ')}]`;
  const detects = isOther || sides.length === 2;
  const what = detects ? 'the model looks like a detector' : "the layout of the model's output is unknown";
  throw new MillraceError('MODEL_UNSUPPORTED', `${what}: ${found}`, { hint: runAsDetector });
}

function numberedNames(classes: number): readonly string[] {
  return Array.from({ length: classes }, (_, id) => `class ${id}`);
}

function checkNames(names: number, classes: number): void {
  if (names === 0 || names === classes) return;
  const message = `the model's names and its output differ: ${names} names, ${classes} classes`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, {
    hint: `set the metadata entry names to the model's ${classes} classes, or remove it`,
  });
}
