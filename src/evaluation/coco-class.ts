import type { Boxes } from './boxes.ts';
import { type Curve, curveOf } from './coco-curve.ts';
import { type ImageBoxes, matchImage, outcomes } from './coco-match.ts';
import {
  type AreaName,
  areaNames,
  areaRanges,
  detectionLimits,
  mostDetections,
  thresholds,
} from './coco-parameters.ts';

/** Curves of one class. null: no object of the class counts there. */
export interface ClassCurves {
  /** By area, with at most 100 detections an image: a curve for each threshold. */
  readonly byArea: Readonly<Record<AreaName, readonly Curve[] | null>>;
  /** Objects of all areas, with at most 1, 10 and 100 detections an image: the recall at each threshold. */
  readonly recallsByLimit: readonly (readonly number[])[] | null;
}

/** @param objects numbers of the class's objects. @param detected numbers of its detections */
export function classCurves(truth: Boxes, detections: Boxes, objects: Uint32Array, detected: Uint32Array): ClassCurves {
  const images = pairImages(truth, detections, objects, detected);
  const ranked = rank(images, detections);
  const measured = Object.fromEntries(
    areaNames.map((area) => [area, measureArea(area, images, ranked, truth, detections)]),
  ) as Record<AreaName, AreaMeasure | null>;
  const byArea = Object.fromEntries(areaNames.map((area) => [area, measured[area]?.curves ?? null]));
  return {
    byArea: byArea as ClassCurves['byArea'],
    recallsByLimit: measured.all && recallsByLimit(measured.all, ranked),
  };
}

/** The class's boxes by image, in the order of the images. */
function pairImages(truth: Boxes, detections: Boxes, objects: Uint32Array, detected: Uint32Array): ImageBoxes[] {
  const inTruth = byImage(objects, truth);
  const inDetections = byImage(detected, detections);
  const images = new Set([...inTruth.keys(), ...inDetections.keys()]);
  return [...images]
    .sort((a, b) => a - b)
    .map((image) => {
      const objects = Uint32Array.from(inTruth.get(image) ?? []);
      const best = bestFirst(inDetections.get(image) ?? [], detections).slice(0, mostDetections);
      return { objects, detected: best, overlaps: overlapsOf(best, detections, objects, truth) };
    });
}

function byImage(numbers: Uint32Array, boxes: Boxes): Map<number, number[]> {
  const images = new Map<number, number[]>();
  for (const number of numbers) {
    const image = boxes.imageOf(number);
    const known = images.get(image);
    if (known === undefined) images.set(image, [number]);
    else known.push(number);
  }
  return images;
}

/** Equal scores keep their order, as in numpy's mergesort. */
function bestFirst(numbers: readonly number[], detections: Boxes): Uint32Array {
  return Uint32Array.from(numbers.toSorted((a, b) => detections.weightOf(b) - detections.weightOf(a)));
}

function overlapsOf(detected: Uint32Array, detections: Boxes, objects: Uint32Array, truth: Boxes): Float64Array {
  const overlaps = new Float64Array(detected.length * objects.length);
  let at = 0;
  for (const detection of detected)
    for (const object of objects) overlaps[at++] = detections.overlap(detection, truth, object);
  return overlaps;
}

/** The detections of all images in one line: places, best score first, and each place's rank in its image. */
interface Ranked {
  readonly order: Uint32Array;
  readonly rankInImage: Uint8Array;
}

function rank(images: readonly ImageBoxes[], detections: Boxes): Ranked {
  const total = images.reduce((sum, { detected }) => sum + detected.length, 0);
  const scores = new Float64Array(total);
  const rankInImage = new Uint8Array(total);
  let at = 0;
  for (const { detected } of images) {
    for (let rank = 0; rank < detected.length; rank++) {
      scores[at] = detections.weightOf(detected[rank]!);
      rankInImage[at++] = rank;
    }
  }
  const order = Uint32Array.from({ length: total }, (_, place) => place);
  // A stable order without a stable sort of typed arrays: equal scores are ordered by their places.
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return { order, rankInImage };
}

interface AreaMeasure {
  readonly curves: readonly Curve[];
  /** Number of objects that count. */
  readonly objects: number;
  readonly found: Uint8Array;
}

/** null: no object counts. */
function measureArea(
  area: AreaName,
  images: readonly ImageBoxes[],
  { order }: Ranked,
  truth: Boxes,
  detections: Boxes,
): AreaMeasure | null {
  const found = new Uint8Array(order.length * thresholds.length);
  let [objects, at] = [0, 0];
  for (const image of images) {
    objects += matchImage(image, detections, truth, areaRanges[area], found, at);
    at += image.detected.length * thresholds.length;
  }
  if (objects === 0) return null;
  return { curves: thresholds.map((_, level) => curveOf(order, found, level, objects)), objects, found };
}

/** By limit and threshold: the share of the objects that the best detections of each image find. */
function recallsByLimit({ found, objects }: AreaMeasure, { rankInImage }: Ranked): readonly (readonly number[])[] {
  return detectionLimits.map((limit) => {
    const right = thresholds.map(() => 0);
    for (const [place, rank] of rankInImage.entries()) {
      if (rank >= limit) continue;
      for (let level = 0; level < right.length; level++)
        if (found[place * right.length + level] === outcomes.right) right[level]!++;
    }
    return right.map((count) => count / objects);
  });
}
