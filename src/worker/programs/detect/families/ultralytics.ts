import type { OutputShape } from '../../../model/look-at-model.ts';
import { type DeclaredShape, type PictureInput, readNumbers } from '../../../model/model.ts';
import type { Extra, ModelFacts } from './family.ts';
import { cellsOf } from './grid.ts';

/** Coefficients of a mask, one for each prototype: https://github.com/ultralytics/ultralytics/blob/main/ultralytics/nn/modules/head.py */
export const maskCount = 32;

/** The output `[batch, 32, height, width]` with the prototypes of masks; null: there is none. */
export function prototypesOf(outputs: readonly OutputShape[]): string | null {
  return outputs.slice(1).find(({ dims }) => dims.length === 4 && dims[1] === maskCount)?.name ?? null;
}

/** Strides of the heads; models with larger inputs have the last, too. */
const strides = [8, 16, 32, 64];

/**
 * Exports for any size leave `anchors` free, and torch the dimension of a box's values: `[batch, anchors, 5 + classes]` of
 * https://github.com/ultralytics/yolov5/blob/master/export.py, `[batch, 4 + classes, anchors]` of
 * https://github.com/ultralytics/ultralytics/blob/main/ultralytics/engine/exporter.py
 */
export function likelyDimension(
  shape: DeclaredShape,
  at: number,
  { imageSize, stride }: Pick<PictureInput, 'imageSize' | 'stride'>,
  names: number,
): number | null {
  const anchors = shape.indexOf('anchors');
  if (shape.length !== 3 || anchors < 1 || at === 0 || names === 0) return null;
  if (at !== anchors) return (anchors === 1 ? 5 : 4) + names;
  const heads = strides.filter((each) => each <= stride);
  return (anchors === 1 ? 3 : 1) * cellsOf(heads, imageSize).length;
}

/** Values that stand behind a box's classes: of what, and how many. */
export interface Behind {
  readonly extra: Extra | null;
  readonly values: number;
  /** Values of a key point. */
  readonly keypointValues?: number;
}

/** COCO's 17 points of a person with x, y and a score, unless the metadata `kpt_shape` say otherwise. */
const cocoPoints = [17, 3] as const;

/** @param surplus values of a box that are no class, where the names say how many are */
export function behindClasses({ outputs, metadata }: ModelFacts, surplus: number | null): Behind {
  if (prototypesOf(outputs) !== null) return { extra: 'masks', values: maskCount };
  const task = metadata.get('task');
  if (task === 'obb') return { extra: 'corners', values: 1 };
  const shape = readNumbers(metadata.get('kpt_shape'));
  const [points = 0, values = 0] = shape.length === 2 ? shape : cocoPoints;
  if (task === 'pose' || shape.length === 2 || (task === undefined && surplus === points * values))
    return { extra: 'keypoints', values: points * values, keypointValues: values };
  return { extra: null, values: 0 };
}

const models = { masks: 'for masks', keypoints: 'for key points', corners: 'for rotated boxes (OBB)' };

/** ` for masks` */
export function madeFor({ extra }: Behind): string {
  return extra === null ? '' : ` ${models[extra]}`;
}
