import { reduced } from './graph/reduction-nodes.ts';
import type { Outputs, OutputTensor } from './model.ts';
import type { Reduction } from './preprocessing.ts';

/** What a detector proposes, in the numbers of its output. */
export interface ReducedCandidate {
  readonly cx: number;
  readonly cy: number;
  readonly width: number;
  readonly height: number;
  readonly score: number;
  readonly classId: number;
}

/** Columns of a candidate: cx, cy, w, h, the best class's score, its number, the box's number in the model's output, objectness. */
const column = { score: 4, classId: 5, index: 6, objectness: 7 };

/** Whether a session answered with the best candidates instead of the model's own output. */
export function isReduced(outputs: Outputs): boolean {
  return outputs.has(reduced.candidates);
}

/** The candidates of one picture whose score is above `confidence`, in the order of the model's output: those that reading all of it would give. */
export function readReduced(outputs: Outputs, picture: number, confidence: number): readonly ReducedCandidate[] {
  const { data, dims } = outputs.get(reduced.candidates)!;
  const [, count, width] = dims as [number, number, number];
  const starts: number[] = [];
  const hasObjectness = width > column.objectness;
  for (let row = picture * count; row < (picture + 1) * count; row++) {
    const start = row * width;
    const rank = data[start + (hasObjectness ? column.objectness : column.score)]!;
    // They stand in falling order of the rank.
    if (!(rank > confidence)) break;
    if (scoreAt(data, start, hasObjectness) > confidence) starts.push(start);
  }
  starts.sort((a, b) => data[a + column.index]! - data[b + column.index]!);
  return starts.map((start) => ({
    cx: data[start]!,
    cy: data[start + 1]!,
    width: data[start + 2]!,
    height: data[start + 3]!,
    score: scoreAt(data, start, hasObjectness),
    classId: data[start + column.classId]!,
  }));
}

function scoreAt(data: Float32Array, start: number, hasObjectness: boolean): number {
  const score = data[start + column.score]!;
  return hasObjectness ? Math.fround(data[start + column.objectness]! * score) : score;
}

/**
 * What a reduced answer leaves open: `numbers`: one is infinite or not a number; `more`: more candidates than asked for may count.
 * @param most that could be asked for. A picture that has fewer than `asked` gives them all
 */
export function openQuestion(
  outputs: Outputs,
  { confidence }: Reduction,
  asked: number,
  most: number,
): 'numbers' | 'more' | null {
  const candidates = outputs.get(reduced.candidates)!;
  if (!outputs.get(reduced.check)!.data.every(Number.isFinite)) return 'numbers';
  const isCut = candidates.dims[1] === asked && asked < most;
  return isCut && lastRanks(candidates).some((rank) => rank > confidence) ? 'more' : null;
}

function lastRanks({ data, dims }: OutputTensor): readonly number[] {
  const [pictures, count, width] = dims as [number, number, number];
  const at = width > column.objectness ? column.objectness : column.score;
  return Array.from({ length: pictures }, (_, picture) => data[((picture + 1) * count - 1) * width + at]!);
}
