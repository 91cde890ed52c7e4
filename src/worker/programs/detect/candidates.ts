import type { Box } from '../../../box.ts';
import type { OutputTensor } from '../../model/model.ts';

/** What a model proposes: a box in pixels of its input, and the best class with its score. */
export interface Candidate extends Box {
  readonly score: number;
  readonly classId: number;
}

/** Reads the candidates of one picture whose score is above `confidence`, in the order of the tensor. */
export type ReadCandidates = (output: OutputTensor, picture: number, confidence: number) => Candidate[];

export function candidate(
  cx: number,
  cy: number,
  width: number,
  height: number,
  score: number,
  classId: number,
): Candidate {
  return { x1: cx - width / 2, y1: cy - height / 2, x2: cx + width / 2, y2: cy + height / 2, score, classId };
}

/** The first of the best scores in `from`..`to`, past what is not a number; -1: there is none. */
export function bestClass(data: Float32Array, from: number, to: number): number {
  let best = -1;
  let score = Number.NEGATIVE_INFINITY;
  for (let at = from; at < to; at++) {
    if (!(data[at]! > score)) continue;
    best = at;
    score = data[at]!;
  }
  return best;
}

/** Whether a box has a place and a score; a model that divides by zero or overflows gives some that have none. */
export function isFiniteBox({ x1, y1, x2, y2, score }: Candidate): boolean {
  return [x1, y1, x2, y2, score].every(Number.isFinite);
}
