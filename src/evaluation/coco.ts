import type { Boxes } from './boxes.ts';
import { type ClassCurves, classCurves } from './coco-class.ts';
import type { Curve } from './coco-curve.ts';
import { type AreaName, detectionLimits, thresholds } from './coco-parameters.ts';

/** COCO's twelve figures in 0..1, by the names that people write; -1: there is no ground truth for it, as in COCOeval. */
export type CocoFigures = Readonly<Record<(typeof figureNames)[number], number>>;

/** In the order of COCOeval's `stats`. */
export const figureNames = [
  'AP',
  'AP50',
  'AP75',
  'AP_small',
  'AP_medium',
  'AP_large',
  'AR1',
  'AR10',
  'AR100',
  'AR_small',
  'AR_medium',
  'AR_large',
] as const;

export interface ClassAccuracy {
  /** Number of the class. */
  readonly classNo: number;
  /** Objects in the ground truth, without crowds. */
  readonly objects: number;
  readonly detections: number;
  readonly figures: CocoFigures;
  /** Precision at the recalls 0, 0.01 … 1 for an overlap of 0.5; null: the class has no objects. */
  readonly precisions: Float64Array | null;
}

export interface CocoAccuracy {
  readonly figures: CocoFigures;
  /** A class each, in the order of their numbers. */
  readonly classes: readonly ClassAccuracy[];
}

/**
 * COCO's measure of detections, figure by figure what pycocotools' COCOeval (bbox) computes. Time grows with the number of boxes and, in
 * an image, with detections times objects of a class.
 * @param classes number of classes; boxes have the numbers below it
 * @param onClass is told the number of classes that are measured
 */
export function measureBoxes(
  truth: Boxes,
  detections: Boxes,
  classes: number,
  onClass: (done: number) => void = () => {},
): CocoAccuracy {
  const objects = truth.byClass(classes);
  const detected = detections.byClass(classes);
  const curves = objects.map((numbers, classNo) => {
    const measured = classCurves(truth, detections, numbers, detected[classNo]!);
    onClass(classNo + 1);
    return measured;
  });
  return {
    figures: figuresOf(curves),
    classes: curves.map((each, classNo) => ({
      classNo,
      objects: objects[classNo]!.filter((object) => !truth.isCrowd(object)).length,
      detections: detected[classNo]!.length,
      figures: figuresOf([each]),
      precisions: each.byArea.all?.[0]?.precisions ?? null,
    })),
  };
}

/** Means over the classes that have objects, thresholds and recalls. */
function figuresOf(classes: readonly ClassCurves[]): CocoFigures {
  const curves = (area: AreaName) => classes.flatMap(({ byArea }) => byArea[area] ?? []);
  const precision = (area: AreaName) => meanOf(curves(area).flatMap(({ precisions }) => [...precisions]));
  const at = (threshold: number) => {
    const level = thresholds.indexOf(threshold);
    const there = classes.flatMap(({ byArea: { all } }) => (all === null ? [] : [all[level]!]));
    return meanOf(there.flatMap(({ precisions }: Curve) => [...precisions]));
  };
  const recall = (area: AreaName) => meanOf(curves(area).map(({ recall }) => recall));
  const within = (limit: (typeof detectionLimits)[number]) =>
    meanOf(classes.flatMap(({ recallsByLimit }) => recallsByLimit?.[detectionLimits.indexOf(limit)] ?? []));
  return {
    AP: precision('all'),
    AP50: at(0.5),
    AP75: at(0.75),
    AP_small: precision('small'),
    AP_medium: precision('medium'),
    AP_large: precision('large'),
    AR1: within(1),
    AR10: within(10),
    AR100: within(100),
    AR_small: recall('small'),
    AR_medium: recall('medium'),
    AR_large: recall('large'),
  };
}

function meanOf(values: readonly number[]): number {
  if (values.length === 0) return -1;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
