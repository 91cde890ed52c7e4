import { MillraceError } from '../../errors.ts';
import type { Size } from '../image/letterbox.ts';
import type { ReadCandidates } from './candidates.ts';
import { readYolov5 } from './yolov5.ts';
import { readYolov8 } from './yolov8.ts';

/** A family of detectors: one layout of the output tensor. */
export interface Family {
  readonly name: 'yolov5' | 'yolov8';
  readonly read: ReadCandidates;
}

export interface OutputShape {
  readonly name: string;
  readonly dims: readonly number[];
}

/** The strides of the heads that models of these families have. */
const pyramids = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
];

/**
 * Recognises the family by the shape of its first output for an input of `size`; models with further outputs that change
 * the meaning of the first (masks, key points) are refused.
 *
 * @throws MillraceError MODEL_UNSUPPORTED, naming what the model looks like
 */
export function recogniseFamily(outputs: readonly OutputShape[], classes: number, size: Size): Family {
  const [, second, third] = outputs[0]?.dims ?? [];
  const cells = pyramids.map((strides) => gridCells(size, strides));
  const isCells = (boxes: number | undefined) => cells.includes(boxes ?? 0);
  const isAnchors = (boxes: number | undefined) => isCells((boxes ?? 0) / 3);
  const rank = outputs[0]?.dims.length;
  if (rank === 3 && isAnchors(second) && third === 5 + classes) return { name: 'yolov5', read: readYolov5 };
  if (rank === 3 && isCells(third) && second === 4 + classes) return { name: 'yolov8', read: readYolov8 };
  throw unsupported(guess(outputs, classes, isCells), describe(outputs, classes, size));
}

function gridCells(size: Size, strides: readonly number[]): number {
  return strides.reduce((sum, stride) => sum + Math.ceil(size.width / stride) * Math.ceil(size.height / stride), 0);
}

/** What a model of another family most likely is; null: nothing known. */
function guess(
  outputs: readonly OutputShape[],
  classes: number,
  isCells: (boxes: number | undefined) => boolean,
): string | null {
  const names = outputs.map((output) => output.name);
  const [first] = outputs;
  const [, second, third] = first?.dims ?? [];
  if (names.includes('detection_boxes')) return 'a TensorFlow object detection model';
  if (names.includes('boxes') && names.includes('labels')) return 'a torchvision detector';
  if (first?.dims.length === 2 && second !== 7) return 'an image classifier';
  if (first?.dims.length === 5) return 'a YOLO model exported without its detection head';
  if (third === 6 || second === 7)
    return 'a detector with non-maximum suppression inside (YOLOv10, YOLO26 or an export with nms=True)';
  if (isCells(second) && third === 5 + classes) return 'YOLOX';
  if (isCells(third) && (second ?? 0) > 4 + classes) return 'a YOLO model for masks, key points or rotated boxes';
  return null;
}

function describe(outputs: readonly OutputShape[], classes: number, size: Size): string {
  const shapes = outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', ');
  return `outputs ${shapes} for ${classes} classes and an input of ${size.width} x ${size.height}`;
}

function unsupported(likely: string | null, found: string): MillraceError {
  const what = likely ? `the model looks like ${likely}` : "the layout of the model's output is unknown";
  return new MillraceError('MODEL_UNSUPPORTED', `${what}: ${found}`, {
    hint: 'use a detector of the families YOLOv5, v7, v8, v9, v11 or v12, exported without non-maximum suppression',
  });
}
