import { MillraceError } from '../../../errors.ts';
import { type DetectorFamily, type DetectorFamilyName, detectorFamilies } from '../../../programs/detector-families.ts';
import { type LookedModel, lookAtModel, type ModelSettings } from '../../model/look-at-model.ts';
import type { ImageModel, Outputs } from '../../model/model.ts';
import type { Preprocessing, Reduction } from '../../model/preprocessing.ts';
import { isReduced, type ReducedCandidate, readReduced } from '../../model/read-reduced.ts';
import { usualDetectorNames } from '../usual-names.ts';
import { type Candidate, candidate } from './candidates.ts';
import { chosenClasses } from './chosen-classes.ts';
import { otherByNames, recogniseFamily, supportedFamilies } from './family.ts';

export interface DetectorSettings extends ModelSettings {
  /** null: it is recognised. */
  readonly family?: DetectorFamilyName | null;
  /** Names of the classes, instead of the file's; null: the file has them. */
  readonly names?: readonly string[] | null;
  /** Ids or names of the only classes to detect; null: all. */
  readonly classes?: readonly string[] | null;
  readonly confidence: number;
  /** null: the family's. */
  readonly iou?: number | null;
  /** Whether detections of different classes suppress each other. */
  readonly isAgnostic?: boolean;
  /** null: the family's. */
  readonly maxDetections?: number | null;
}

export interface DetectorModel extends ImageModel {
  readonly family: DetectorFamilyName;
  /** The data set whose class names are used, because it has as many as the model, which names none; null: they are the model's own. */
  readonly assumedNames: string | null;
}

/** How candidates become detections. */
export interface Selection {
  readonly confidence: number;
  /** null: nothing is suppressed. */
  readonly iou: number | null;
  readonly isAgnostic: boolean;
  readonly maxDetections: number;
  /** null: all. */
  readonly classIds: ReadonlySet<number> | null;
}

export interface LookedDetector extends LookedModel {
  readonly model: DetectorModel;
  readonly preprocessing: Preprocessing;
  reduction(confidence: number): Reduction;
  readonly selection: Selection;
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
export async function lookAtDetector(settings: DetectorSettings): Promise<LookedDetector> {
  const looked = await lookAtModel(settings, detector, refuseOthers);
  const { model, file, outputs, input } = looked;
  const own = settings.names ?? model.classNames;
  const names = own.length === 0 ? null : own.length;
  const facts = { names, task: file.metadata.get('task'), size: model.imageSize };
  const { family, classes } = recogniseFamily(outputs, facts);
  const usual = names === null ? usualDetectorNames(classes) : null;
  const classNames = usual?.names ?? own;
  const [first] = outputs;
  return {
    ...looked,
    model: { ...model, classNames, family: family.name, assumedNames: usual?.dataset ?? null },
    selection: selectionOf(settings, detectorFamilies[family.name], classNames),
    preprocessing: { ...yolo, layout: input.layout, type: input.type },
    reduction: (confidence) => ({ kind: family.layout, output: first!.name, classes, confidence }),
    read: (answered, picture, confidence) =>
      isReduced(answered)
        ? readReduced(answered, picture, confidence).map(boxed)
        : family.read(answered.get(first!.name)!, picture, confidence),
  };
}

function boxed({ cx, cy, width, height, score, classId }: ReducedCandidate): Candidate {
  return candidate(cx, cy, width, height, score, classId);
}

function selectionOf(settings: DetectorSettings, family: DetectorFamily, classNames: readonly string[]): Selection {
  return {
    confidence: settings.confidence,
    iou: settings.iou ?? family.iou,
    isAgnostic: settings.isAgnostic ?? false,
    maxDetections: settings.maxDetections ?? family.maxDetections,
    classIds: chosenClasses(settings.classes ?? null, classNames),
  };
}

function refuseOthers(outputs: readonly string[]): void {
  const other = otherByNames(outputs);
  if (other === null) return;
  const message = `the model looks like ${other}: outputs ${outputs.join(', ')}`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, { hint: supportedFamilies });
}
