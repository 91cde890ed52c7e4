import { MillraceError } from '../../../errors.ts';
import type { Size } from '../../image/letterbox.ts';
import type { OutputShape } from '../../model/look-at-model.ts';
import type { OutputLayout } from '../../model/preprocessing.ts';
import { usualDetectorNames } from '../usual-names.ts';
import type { ReadCandidates } from './candidates.ts';
import { readYolov5 } from './yolov5.ts';
import { readTransposedYolov8, readYolov8 } from './yolov8.ts';

/** A family of detectors: one layout of the output tensor. */
export interface Family {
  readonly name: 'yolov5' | 'yolov8';
  readonly layout: OutputLayout;
  readonly read: ReadCandidates;
}

/** A family and the number of classes that a model of it has. */
export interface Recognised {
  readonly family: Family;
  readonly classes: number;
}

/** What is known of a model besides its outputs. */
export interface ModelFacts {
  /** How many class names its metadata list; null: none. */
  readonly names: number | null;
  /** The metadata `task` of Ultralytics' exports. */
  readonly task: string | undefined;
  readonly size: Size;
}

/**
 * Recognises the family by the shape of its first output; models with further outputs that change the meaning of the first (masks,
 * key points) are refused.
 *
 * @throws MillraceError MODEL_UNSUPPORTED, naming what the model looks like, or what its names lack
 */
export function recogniseFamily(outputs: readonly OutputShape[], facts: ModelFacts): Recognised {
  const other = otherByNames(outputs.map(({ name }) => name));
  if (other !== null) throw unsupported(`the model looks like ${other}`, outputs, facts);
  const layouts = layoutsOf(outputs, facts.size);
  const fitting = layouts.find(({ classes }) => classes === facts.names);
  const further = furtherValues(outputs, layouts[0], facts);
  if (fitting !== undefined && further === null) return fitting;
  if (further !== null) throw unsupported(further, outputs, facts);
  const looks = guess(outputs, layouts, facts);
  if (looks === classifier) throw unsupported(`the model looks like ${looks}`, outputs, facts, runAsClassifier);
  if (looks !== null) throw unsupported(`the model looks like ${looks}`, outputs, facts);
  const [layout] = layouts;
  if (layout === undefined) throw unsupported("the layout of the model's output is unknown", outputs, facts);
  if (facts.names === null && usualDetectorNames(layout.classes) !== null) return layout;
  throw wrongNames(layout, outputs, facts);
}

/** A way to read an output tensor, and the classes it then has. */
interface Layout {
  readonly family: Family;
  readonly label: string;
  readonly classes: number;
}

/** The likeliest first. */
function layoutsOf(outputs: readonly OutputShape[], size: Size): readonly Layout[] {
  const [batch, second, third] = outputs[0]?.dims ?? [];
  if (batch === undefined || second === undefined || third === undefined || outputs[0]?.dims.length !== 3) return [];
  const layouts = [];
  if (isGrid(second / 3, size))
    layouts.push({
      family: { name: 'yolov5', layout: 'v5', read: readYolov5 },
      label: 'YOLOv5',
      classes: third - 5,
    } as const);
  if (isGrid(third, size))
    layouts.push({
      family: { name: 'yolov8', layout: 'v8', read: readYolov8 },
      label: 'YOLOv8',
      classes: second - 4,
    } as const);
  if (isGrid(second, size)) {
    const family = { name: 'yolov8', layout: 'v8-transposed', read: readTransposedYolov8 } as const;
    layouts.push({ family, label: 'transposed YOLOv8', classes: third - 4 });
  }
  return layouts.filter(({ classes }) => classes > 0);
}

/** Strides that heads of YOLO models have: the usual ones are 8, 16 and 32; 4 makes a P2 model, 64 a P6 model. */
const strides = [2, 4, 8, 16, 32, 64, 128];

/** Sets of two strides or more. One coarse head alone would also fit the few boxes that are left after suppression. */
const pyramids = Array.from({ length: 2 ** strides.length }, (_, set) =>
  strides.filter((_, at) => set & (1 << at)),
).filter((heads) => heads.length > 1 && heads[0]! <= 16);

/** Whether a model with heads of some of these strides proposes as many boxes as asked. */
function isGrid(boxes: number, { width, height }: Size): boolean {
  const cells = (stride: number) => Math.ceil(width / stride) * Math.ceil(height / stride);
  return pyramids.some((heads) => heads.reduce((sum, stride) => sum + cells(stride), 0) === boxes);
}

/** Models of other makers are known by the names of their outputs. */
export function otherByNames(names: readonly string[]): string | null {
  const has = (...wanted: readonly string[]) => wanted.every((name) => names.includes(name));
  if (has('detection_boxes')) return 'a TensorFlow object detection model';
  if (has('boxes', 'labels')) return 'a torchvision detector';
  if (has('det_boxes') || has('nmsed_boxes'))
    return 'a detector with non-maximum suppression inside (EfficientNMS or BatchedNMS of TensorRT)';
  if (has('dets', 'labels')) return 'a detector of MMDetection';
  if (has('pred_boxes')) return 'a DETR';
  if (has('cls_8', 'bbox_8')) return 'the face detector YuNet';
  if (has('boxes', 'scores')) return 'a detector of SSD or another family that gives boxes and scores apart';
  return null;
}

const tasks: Readonly<Record<string, string>> = {
  segment: 'masks',
  pose: 'key points',
  obb: 'rotated boxes (OBB)',
};

/** Values that stand behind the classes where a model does more than to detect; null: it does not. */
function furtherValues(outputs: readonly OutputShape[], layout: Layout | undefined, { task, names }: ModelFacts) {
  const what = tasks[task ?? ''];
  if (what !== undefined) return `the model is a YOLO model for ${what}`;
  if (layout === undefined) return null;
  if (outputs[1]?.dims.length === 4 && outputs[1].dims[1] === 32) return 'the model is a YOLO model for masks';
  const surplus = names === null || task === 'detect' || layout.label !== 'YOLOv8' ? 0 : layout.classes - names;
  return surplus === 32 || surplus === 51
    ? 'the model looks like a YOLO model for masks, key points or rotated boxes'
    : null;
}

/** What a model of another layout most likely is; null: nothing known. */
function guess(
  outputs: readonly OutputShape[],
  layouts: readonly Layout[],
  { names, size }: ModelFacts,
): string | null {
  const [first] = outputs;
  const [, second = 0, third = 0] = first?.dims ?? [];
  const rank = first?.dims.length;
  if (rank === 5 || (rank === 4 && outputs.length > 1)) return 'a YOLO model exported without its detection head';
  if (rank === 2 && second === 7) return 'a detector with non-maximum suppression inside (YOLOv7 with end2end)';
  if (rank === 2 || (rank === 4 && first?.dims[2] === 1 && first.dims[3] === 1)) return classifier;
  if (rank === 3 && third === 6 && layouts.length === 0)
    return 'a detector with non-maximum suppression inside (YOLOv10, YOLO26 or an export with nms=True)';
  const isYolox = layouts[0]?.label === 'transposed YOLOv8' && isGrid(second, size);
  if (isYolox && third === 5 + (names ?? Number.NaN)) return 'YOLOX';
  return isYolox && names === null ? 'YOLOX, or a transposed YOLOv8' : null;
}

function wrongNames(layout: Layout, outputs: readonly OutputShape[], facts: ModelFacts): MillraceError {
  const { classes, label } = layout;
  if (facts.names === null) {
    const message = `the model is a detector with ${label}'s output for ${countOf(classes)}, and its metadata have no 'names'`;
    return new MillraceError('MODEL_UNSUPPORTED', message, {
      hint: `add the metadata entry names with ${countOf(classes)}, e.g. {0: 'person', 1: 'bicycle'}, to the ONNX file`,
    });
  }
  const rotated = classes === facts.names + 1 && facts.task === undefined ? ', or its boxes are rotated (OBB)' : '';
  const what = `the model's names and its output differ: ${facts.names} names, ${countOf(classes)} in ${label}'s output${rotated}`;
  return new MillraceError('MODEL_UNSUPPORTED', `${what}: ${describe(outputs, facts)}`, {
    hint: `set the metadata entry names to the model's ${countOf(classes)}, or export a model for plain detection`,
  });
}

function countOf(classes: number): string {
  return classes === 1 ? '1 class' : `${classes} classes`;
}

function describe(outputs: readonly OutputShape[], { names, size }: ModelFacts): string {
  const shapes = outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', ');
  const classes = names === null ? 'unnamed classes' : countOf(names);
  return `outputs ${shapes} for ${classes} and an input of ${size.width} x ${size.height}`;
}

const classifier = 'an image classifier';
const runAsClassifier = 'run it with CMD "classify"';

function unsupported(
  what: string,
  outputs: readonly OutputShape[],
  facts: ModelFacts,
  hint = supportedFamilies,
): MillraceError {
  return new MillraceError('MODEL_UNSUPPORTED', `${what}: ${describe(outputs, facts)}`, { hint });
}

export const supportedFamilies =
  'use a detector of the families YOLOv5, v7, v8, v9, v11 or v12, exported without non-maximum suppression';
