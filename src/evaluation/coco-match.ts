import type { Boxes } from './boxes.ts';
import { thresholds } from './coco-parameters.ts';

/** What became of detections: for each of them a value for each threshold. */
export const outcomes = { wrong: 0, right: 1, ignored: 2 } as const;

/** The detections and objects of one class in one image. */
export interface ImageBoxes {
  /** Numbers of the detections, best score first. */
  readonly detected: Uint32Array;
  /** Numbers of the objects. */
  readonly objects: Uint32Array;
  /** Overlaps, by detection and object. */
  readonly overlaps: Float64Array;
}

/**
 * Matches detections with objects as COCOeval's `evaluateImg` does: better detections choose first. An object is matched once; a crowd
 * any number of times. Objects that are ignored (crowds, areas outside the range) are chosen only by detections that match no other.
 * @param out receives an outcome for each detection and threshold, from `at`
 * @returns the number of objects that count
 */
export function matchImage(
  { detected, objects, overlaps }: ImageBoxes,
  detections: Boxes,
  truth: Boxes,
  [least, most]: readonly [number, number],
  out: Uint8Array,
  at: number,
): number {
  const isIgnored = (object: number) =>
    truth.isCrowd(object) || truth.weightOf(object) < least || truth.weightOf(object) > most;
  const places = [...objects.keys()];
  const counted = places.filter((place) => !isIgnored(objects[place]!));
  const order = [...counted, ...places.filter((place) => isIgnored(objects[place]!))];
  for (const [level, threshold] of thresholds.entries()) {
    const taken = new Uint8Array(objects.length);
    for (let index = 0; index < detected.length; index++) {
      const found = choose(index * objects.length, Math.min(threshold, 1 - 1e-10));
      if (found >= 0) taken[order[found]!] = 1;
      out[at + index * thresholds.length + level] = outcomeOf(found, detections.sizeOf(detected[index]!));
    }

    /** The place in `order` of the object with the largest overlap; of equal ones, the last. -1: none. */
    function choose(row: number, atLeast: number): number {
      let best = atLeast;
      let found = -1;
      for (let next = 0; next < order.length; next++) {
        const place = order[next]!;
        if (taken[place] === 1 && !truth.isCrowd(objects[place]!)) continue;
        if (found >= 0 && found < counted.length && next >= counted.length) break;
        const overlap = overlaps[row + place]!;
        if (overlap < best) continue;
        best = overlap;
        found = next;
      }
      return found;
    }
  }
  return counted.length;

  function outcomeOf(found: number, area: number): number {
    if (found >= 0) return found < counted.length ? outcomes.right : outcomes.ignored;
    return area < least || area > most ? outcomes.ignored : outcomes.wrong;
  }
}
