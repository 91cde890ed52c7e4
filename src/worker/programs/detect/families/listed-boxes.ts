import type { Box } from '../../../../box.ts';
import type { Size } from '../../../image/letterbox.ts';
import type { Candidate } from './candidates.ts';

/** Boxes that a model lists with a score and a class each. */
export interface ListedBoxes {
  /** Four numbers of a box. */
  readonly sides: Float32Array;
  readonly scores: Float32Array;
  readonly classIds: Float32Array;
  /** How many of them are filled. */
  readonly count?: number;
}

type Sides = readonly [number, number, number, number];

/** Reads those whose score is above `confidence`. @param boxOf the box in pixels of the input; by default, its numbers are its corners */
export function listedBoxes(
  { sides, scores, classIds, count = scores.length }: ListedBoxes,
  confidence: number,
  boxOf: (sides: Sides) => Box = ([x1, y1, x2, y2]) => ({ x1, y1, x2, y2 }),
): Candidate[] {
  const found: Candidate[] = [];
  for (let index = 0; index < Math.min(count, scores.length); index++) {
    const score = scores[index]!;
    if (!(score > confidence)) continue;
    const four = sides.subarray(4 * index, 4 * index + 4) as unknown as Sides;
    found.push({ ...boxOf(four), score, classId: Math.round(classIds[index]!), index });
  }
  return found;
}

/** A box in pixels of the input from one whose corners go from 0 to 1. */
export function scaledBox({ x1, y1, x2, y2 }: Box, { width, height }: Size): Box {
  return { x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height };
}
