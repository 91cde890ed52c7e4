import { MillraceError } from '../../../errors.ts';
import { type LookedModel, lookAtModel, type ModelSettings } from '../../model/look-at-model.ts';
import type { ImageModel, Outputs } from '../../model/model.ts';
import type { Preprocessing, Reduction } from '../../model/preprocessing.ts';
import { isReduced, type ReducedCandidate, readReduced } from '../../model/read-reduced.ts';
import { type Candidate, candidate } from './candidates.ts';
import { type Family, otherByNames, recogniseFamily, supportedFamilies } from './family.ts';

export interface DetectorModel extends ImageModel {
  readonly family: Family['name'];
}

export interface LookedDetector extends LookedModel {
  readonly model: DetectorModel;
  readonly preprocessing: Preprocessing;
  reduction(confidence: number): Reduction;
  /** Reads the candidates of one picture whose score is above `confidence`, in the order of the tensor. */
  read(outputs: Outputs, picture: number, confidence: number): Candidate[];
}

const detector = { name: 'a detector', usualSize: 640, usualStride: 32 };

/** Pixels as all YOLO tools but YOLOX want them. */
const yolo = {
  placement: 'letterbox',
  padding: 114,
  order: 'rgb',
  scale: 1 / 255,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
} as const;

/** @throws MillraceError whatever `lookAtModel` throws; MODEL_UNSUPPORTED where it is not a detector of a known family */
export async function lookAtDetector(settings: ModelSettings): Promise<LookedDetector> {
  const looked = await lookAtModel(settings, detector, refuseOthers);
  const { model, file, outputs, input } = looked;
  const { classNames, imageSize: size } = model;
  const names = classNames.length === 0 ? null : classNames.length;
  const family = recogniseFamily(outputs, { names, task: file.metadata.get('task'), size });
  const [first] = outputs;
  return {
    ...looked,
    model: { ...model, family: family.name },
    preprocessing: { ...yolo, layout: input.layout, type: input.type },
    reduction: (confidence) => ({ kind: family.layout, output: first!.name, classes: classNames.length, confidence }),
    read: (answered, picture, confidence) =>
      isReduced(answered)
        ? readReduced(answered, picture, confidence).map(boxed)
        : family.read(answered.get(first!.name)!, picture, confidence),
  };
}

function boxed({ cx, cy, width, height, score, classId }: ReducedCandidate): Candidate {
  return candidate(cx, cy, width, height, score, classId);
}

function refuseOthers(outputs: readonly string[]): void {
  const other = otherByNames(outputs);
  if (other === null) return;
  const message = `the model looks like ${other}: outputs ${outputs.join(', ')}`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, { hint: supportedFamilies });
}
