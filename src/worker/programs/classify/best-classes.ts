import type { OutputTensor } from '../../model/model.ts';

export interface ScoredClass {
  readonly classId: number;
  readonly score: number;
}

export interface Choice {
  readonly top: number;
  readonly min_score: number;
  /** Whether the output must go through softmax to become scores. */
  readonly givesLogits: boolean;
}

/** The best classes of one picture, best first; equal scores keep the order of the classes. null: one is infinite or not a number. */
export function bestClasses(
  { data, dims }: OutputTensor,
  picture: number,
  { top, min_score, givesLogits }: Choice,
): readonly ScoredClass[] | null {
  const classes = data.length / (dims[0] ?? 1);
  const values = data.subarray(picture * classes, (picture + 1) * classes);
  if (!values.every(Number.isFinite)) return null;
  const scores = givesLogits ? softmax(values) : Array.from(values);
  return scores
    .map((score, classId) => ({ classId, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, top)
    .filter(({ score }) => score >= min_score);
}

/** The greatest value is subtracted first, so that no exponential overflows. */
function softmax(values: Float32Array): number[] {
  const greatest = values.reduce((a, b) => Math.max(a, b));
  const powers = Array.from(values, (value) => Math.exp(value - greatest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
