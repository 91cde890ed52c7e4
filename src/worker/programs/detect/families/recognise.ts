import { MillraceError } from '../../../../errors.ts';
import { type DetectorFamilyName, detectorFamilies } from '../../../../programs/detector-families.ts';
import { usualDetectorNames } from '../../usual-names.ts';
import { detr } from './detr.ts';
import { efficientnms } from './efficientnms.ts';
import type { DetectorFamilyReader, ModelFacts, ModelLayout } from './family.ts';
import { nanodet } from './nanodet.ts';
import { rtdetr } from './rtdetr.ts';
import { ssd } from './ssd.ts';
import { tensorflow } from './tensorflow.ts';
import { torchvision } from './torchvision.ts';
import { yolov5 } from './yolov5.ts';
import { yolov7EndToEnd } from './yolov7-end2end.ts';
import { yolov8 } from './yolov8.ts';
import { yolov10 } from './yolov10.ts';
import { yolox } from './yolox.ts';

/** Every family, those first that the names of outputs tell, then the likeliest first. */
const families: readonly DetectorFamilyReader[] = [
  tensorflow,
  efficientnms,
  rtdetr,
  torchvision,
  detr,
  ssd,
  yolov7EndToEnd,
  yolov5,
  yolov8,
  yolox,
  nanodet,
  yolov10,
];

/** Layouts that fit any shape of their rank are asked last. */
const lastResorts: readonly DetectorFamilyName[] = ['rtdetr', 'yolov10'];

export interface Recognised {
  readonly family: DetectorFamilyName;
  readonly layout: ModelLayout;
}

/**
 * The family of a model, by the names and shapes of its inputs and outputs, and by the number of its class names.
 * @param wanted the family that `--family` names; null: any
 * @throws MillraceError MODEL_UNSUPPORTED, which says what the model looks like, or what its names lack
 */
export function recogniseFamily(facts: ModelFacts, wanted: DetectorFamilyName | null): Recognised {
  const known = wanted === null ? families : families.filter(({ name }) => name === wanted);
  const all = known.flatMap((reader) => reader.layouts(facts).map((layout) => ({ family: reader.name, layout })));
  const certain = all.find(({ family, layout }) => layout.classes === null && !lastResorts.includes(family));
  const fitting = certain ?? all.find(({ layout }) => fits(layout, facts));
  if (fitting !== undefined) return fitting;
  const [likeliest] = all;
  if (likeliest === undefined) throw unknownLayout(facts, wanted);
  throw wrongNames(likeliest.layout, facts);
}

/** Whether a model of the layout has as many classes as names; without names, as many as those of a well-known data set. */
function fits({ classes }: ModelLayout, { names }: ModelFacts): boolean {
  if (classes === null) return true;
  return names === null ? usualDetectorNames(classes) !== null : classes === names;
}

function wrongNames({ label, classes }: ModelLayout, facts: ModelFacts): MillraceError {
  const { names, metadata } = facts;
  const count = countOf(classes!);
  if (names === null) {
    const message = `the model is a detector of the family ${label} for ${count}, and nothing names its classes`;
    const hint = `name them with --class_names or --classes_file, or add the metadata entry names to the ONNX file, e.g. {0: 'person', 1: 'bicycle'}`;
    return new MillraceError('MODEL_UNSUPPORTED', message, { hint });
  }
  const rotated = classes === names + 1 && metadata.get('task') === undefined ? ', or its boxes are rotated (OBB)' : '';
  const what = `the model's names and its output differ: ${countOf(names, 'name')}, ${count} in ${label}'s output${rotated}`;
  const hint = `name the model's ${count} with --class_names or --classes_file, or say what it is with --family`;
  return new MillraceError('MODEL_UNSUPPORTED', `${what}: ${describe(facts)}`, { hint });
}

function unknownLayout(facts: ModelFacts, wanted: DetectorFamilyName | null): MillraceError {
  const { label } = wanted === null ? { label: null } : detectorFamilies[wanted];
  if (label !== null) {
    const message = `the model does not fit the family ${label}: ${describe(facts)}`;
    return new MillraceError('MODEL_UNSUPPORTED', message, { hint: 'leave --family out, or name another family' });
  }
  const looks = guess(facts);
  const message = `${looks === null ? "the layout of the model's output is unknown" : `the model looks like ${looks}`}: ${describe(facts)}`;
  const hint = looks === classifier ? 'run it with CMD "classify"' : supported;
  return new MillraceError('MODEL_UNSUPPORTED', message, { hint });
}

const supported = `use a detector of the families ${Object.values(detectorFamilies)
  .map(({ label }) => label)
  .join(', ')}, or name its family with --family`;

const classifier = 'an image classifier';

/** What a model of another layout most likely is; null: nothing known. */
function guess({ outputs, otherInputs }: ModelFacts): string | null {
  const has = (...names: readonly string[]) => names.every((name) => outputs.some((output) => output.name === name));
  if (has('cls_8', 'bbox_8')) return 'the face detector YuNet';
  if (has('dets', 'labels')) return 'a detector of MMDetection';
  if (has('pred_boxes')) return `a DETR with the further inputs ${otherInputs.join(', ')}`;
  if (otherInputs.includes('scale_factor')) return 'a detector of PaddleDetection';
  const [first] = outputs;
  const rank = first?.dims.length;
  if (rank === 5 || (rank === 4 && outputs.length > 1)) return 'a YOLO model exported without its detection head';
  const sides = first?.dims.slice(1).filter((side) => side !== 1) ?? [];
  return outputs.length === 1 && sides.length <= 1 ? classifier : null;
}

function countOf(count: number, what = 'class'): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${what === 'class' ? 'classes' : `${what}s`}`;
}

function describe({ outputs, names, size }: ModelFacts): string {
  const shapes = outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', ');
  const classes = names === null ? 'unnamed classes' : countOf(names);
  return `outputs ${shapes} for ${classes} and an input of ${size.width} x ${size.height}`;
}
