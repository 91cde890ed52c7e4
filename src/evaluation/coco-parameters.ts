/** Parameters of COCOeval for boxes: https://github.com/cocodataset/cocoapi/blob/master/PythonAPI/pycocotools/cocoeval.py */

/** Overlaps at which a detection counts as right: 0.50, 0.55 … 0.95. */
export const thresholds = linspace(0.5, 0.95, 10);

/** Recalls at which the precision is read: 0, 0.01 … 1. */
export const recalls = linspace(0, 1, 101);

/** Areas of objects in square pixels; both ends belong to a range. */
export const areaRanges = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const satisfies Readonly<Record<string, readonly [from: number, to: number]>>;

export type AreaName = keyof typeof areaRanges;

export const areaNames = Object.keys(areaRanges) as readonly AreaName[];

/** Detections of an image that count for AR at 1, 10 and 100; AP uses the last. */
export const detectionLimits = [1, 10, 100] as const;

export const mostDetections = 100;

/** As numpy's linspace has them, to the last bit: overlaps and recalls may lie exactly on a step. */
function linspace(first: number, last: number, count: number): readonly number[] {
  const step = (last - first) / (count - 1);
  return Array.from({ length: count }, (_, at) => (at === count - 1 ? last : at * step + first));
}
