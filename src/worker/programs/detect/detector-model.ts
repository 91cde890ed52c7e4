import { MillraceError } from '../../../errors.ts';
import { type DetectorFamily, type DetectorFamilyName, detectorFamilies } from '../../../programs/detector-families.ts';
import { outputNamed } from '../../model/graph/edit-model.ts';
import { type Look, type LookedModel, lookAtModel, type ModelSettings } from '../../model/look-at-model.ts';
import { checkScores, type ImageModel, type Outputs } from '../../model/model.ts';
import type { Preprocessing, Reduction } from '../../model/preprocessing.ts';
import { isReduced, type ReducedCandidate, readReduced } from '../../model/read-reduced.ts';
import { usualDetectorNames } from '../usual-names.ts';
import { chosenClasses } from './chosen-classes.ts';
import { type Candidate, candidate } from './families/candidates.ts';
import type { Extra, ModelLayout } from './families/family.ts';
import { recogniseFamily } from './families/recognise.ts';
import { likelyDimension } from './families/ultralytics.ts';

export interface DetectorSettings extends ModelSettings {
  /** null: it is recognised. */
  readonly family?: DetectorFamilyName | null;
  /** Names of the classes, instead of the file's; null: the file has them. */
  readonly names?: readonly string[] | null;
  /** Ids or names of the only classes to detect; null: all. */
  readonly classes?: readonly string[] | null;
  /** Ids or names of the only classes that a simulated model knows; null: all. */
  readonly coverage?: readonly string[] | null;
  /** Least ms of an image of a simulated model; null: as fast as it is. */
  readonly latency?: number | null;
  readonly confidence: number;
  /** null: the family's. */
  readonly iou?: number | null;
  /** Whether detections of different classes suppress each other. */
  readonly isAgnostic?: boolean;
  /** Whether a box is a candidate for each class whose score is above the confidence, as in `val` of the YOLO tools; or for its best class. */
  readonly isMultiLabel?: boolean | undefined;
  /** null: the family's. */
  readonly maxDetections?: number | null;
  /** What is wanted besides boxes. */
  readonly extras?: readonly Extra[];
  /** Whether pictures are padded to a multiple of the stride only. */
  readonly inRectangles?: boolean;
}

export interface DetectorModel extends ImageModel {
  readonly family: DetectorFamilyName;
  /** The way in which it gives boxes, for people. */
  readonly layout: string;
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
  readonly layout: ModelLayout;
  readonly selection: Selection;
  /** null: the outputs are read as they are. */
  reduction(confidence: number): Reduction | null;
  /** Reads the candidates of one picture whose score is above `confidence`, in the order of the tensor. */
  read(outputs: Outputs, picture: number, confidence: number): Candidate[];
}

const detector = { name: 'a detector', usualSize: 640, usualStride: 32, likelyDimension };

/** @throws MillraceError whatever `look` throws; MODEL_UNSUPPORTED where it is not a detector of a known family */
export async function lookAtDetector(settings: DetectorSettings, look: Look = lookAtModel): Promise<LookedDetector> {
  const looked = await look(settings, detector, () => {});
  const { file, outputs, otherInputs } = looked;
  const own = settings.names ?? looked.model.classNames;
  const names = own.length === 0 ? null : own.length;
  const facts = { outputs, otherInputs, names, metadata: file.metadata, size: looked.model.imageSize };
  const { family, layout } = recogniseFamily(facts, settings.family ?? null);
  checkInputs(otherInputs, layout);
  if (layout.reduction !== null) checkScores(outputNamed(outputs, layout.reduction.output));
  const { classNames, assumedNames } = namesOf(layout, own);
  const { extras = [], isMultiLabel = false } = settings;
  checkExtras(extras, layout);
  if (settings.inRectangles) checkRectangles(looked, layout);
  const batch = layout.takesOne ? 1 : looked.model.batch;
  const model = { ...looked.model, batch, classNames, family, layout: layout.label, assumedNames };
  const { input } = looked;
  return {
    ...looked,
    input: { ...input, batch: layout.takesOne ? 1 : input.batch },
    model,
    layout,
    preprocessing: pixelsOf(layout, input),
    selection: selectionOf(settings, detectorFamilies[family], classNames),
    reduction: (confidence) => {
      const { reduction, classes } = layout;
      // What else a box has is read from the model's own outputs.
      if (reduction === null || classes === null || extras.length > 0 || isMultiLabel) return null;
      return { ...reduction, classes, confidence };
    },
    read: (answered, picture, confidence) =>
      isReduced(answered)
        ? readReduced(answered, picture, confidence).map(boxed)
        : layout.read(answered, picture, confidence, isMultiLabel),
  };
}

function checkInputs(otherInputs: readonly string[], { constants = [], label }: ModelLayout): void {
  const unknown = otherInputs.filter((input) => constants.every(({ name }) => name !== input));
  if (unknown.length === 0) return;
  const message = `the model (${label}) also takes ${unknown.join(', ')}`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, { hint: 'export the model with the images as its only input' });
}

/** A model that takes bytes scales them by itself. */
function pixelsOf({ preprocessing }: ModelLayout, { layout, type }: LookedModel['input']): Preprocessing {
  if (type !== 'uint8') return { ...preprocessing, layout, type };
  return { ...preprocessing, layout, type, order: 'rgb', scale: 1, mean: [0, 0, 0], deviation: [1, 1, 1] };
}

/** Names by the class ids that the model gives. */
function namesOf(
  { classes, firstClass }: ModelLayout,
  own: readonly string[],
): Pick<DetectorModel, 'classNames' | 'assumedNames'> {
  if (own.length > 0) return { classNames: firstClass === 1 ? withBackground(own) : own, assumedNames: null };
  const usual = usualDetectorNames(classes ?? (firstClass === 1 ? cocoIds : cocoObjects))!;
  return { classNames: usual.names, assumedNames: usual.dataset };
}

/** COCO's classes as models count them that have none for the background, and ids of its annotations with 0 for it. */
const [cocoObjects, cocoIds] = [80, 91];

const backgrounds = ['background', '__background__', '???', 'N/A'];

function withBackground(names: readonly string[]): readonly string[] {
  return backgrounds.includes(names[0] ?? '') ? names : ['background', ...names];
}

function checkExtras(extras: readonly Extra[], { extras: given = [], label }: ModelLayout): void {
  const missing = extras.find((extra) => !given.includes(extra));
  if (missing === undefined) return;
  const message = `--${missing} is given, but the model (${label}) has no ${missing}`;
  throw new MillraceError('WRONG_OPTION', message, { hint: `leave --${missing} out` });
}

function checkRectangles({ input }: LookedModel, { preprocessing, label }: ModelLayout): void {
  const { width, height } = input.imageSize;
  if (preprocessing.placement !== 'letterbox') {
    const message = `--rect is given, but models of the family ${label} take images of ${width} x ${height} px only`;
    throw new MillraceError('WRONG_OPTION', message, { hint: 'leave --rect out' });
  }
  if (input.isAnySize) return;
  const message = `--rect is given, but the model was exported for images of ${width} x ${height} px only`;
  const hint = 'leave --rect out, or export the model for any size (dynamic=True)';
  throw new MillraceError('WRONG_OPTION', message, { hint });
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
    classIds: inBoth(
      chosenClasses(settings.classes ?? null, classNames),
      chosenClasses(settings.coverage ?? null, classNames, '--class_coverage'),
    ),
  };
}

/** null: all. */
function inBoth(one: ReadonlySet<number> | null, other: ReadonlySet<number> | null): ReadonlySet<number> | null {
  if (one === null || other === null) return one ?? other;
  return new Set([...one].filter((classId) => other.has(classId)));
}
