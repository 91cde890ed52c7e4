import { elementTypes } from '../../../onnx/onnx-fields.ts';
import type { OutputLayout, Reduction } from '../preprocessing.ts';
import type { NodeList } from './nodes.ts';

/** Outputs that an edited model has besides its own. */
export const reduced = {
  /** `[B, K, 8]` for v5, else `[B, K, 7]`: see read-reduced.ts. */
  candidates: 'millrace/candidates',
  /** `[B]`: infinite or not a number where a value is that the choice depends on. */
  check: 'millrace/check',
  /** The input that says how many candidates: `[1]`. */
  count: 'millrace/count',
} as const;

/** The oldest opset with the operators in the form that is written here (GatherElements, TopK). */
const leastOpset = 11;

/**
 * Nodes that choose the best boxes of a detector's output, with the best class of each.
 * @param width values of a box
 * @param isAnySize whether some pictures have fewer boxes than may be asked for
 * @throws Error where the operators are missing
 */
export function addReduction(
  list: NodeList,
  { output, kind, classes }: Reduction,
  type: string,
  width: number,
  isAnySize: boolean,
): void {
  if (list.opset < leastOpset) throw new Error(`opset ${list.opset} is older than ${leastOpset}`);
  const floats = type === 'float32' ? output : toFloat(list, output);
  const first = kind === 'v5' ? 5 : 4;
  const { rank, check } = rankings[kind](list, floats, classes);
  const count = isAnySize ? leastOf(list, reduced.count, boxCount(list, rank)) : reduced.count;
  const index = list.addSeveral(2, 'TopK', [rank, count], { axis: 1 })[1]!;
  const rows = gatherRows(list, floats, index, kind, width);
  const scores = slice(list, rows, first, first + classes, 2);
  const parts = [
    slice(list, rows, 0, 4, 2),
    reduce(list, 'ReduceMax', scores, 2, true),
    toFloat(list, list.add('ArgMax', [scores], { axis: 2, keepdims: 1 })),
    toFloat(list, list.add('Reshape', [index, list.integers([0, -1, 1])])),
    ...(kind === 'v5' ? [slice(list, rows, 4, 5, 2)] : []),
  ];
  list.addAs(reduced.candidates, 'Concat', parts, { axis: 2 });
  const chosen = reduce(list, 'ReduceSum', list.add('Reshape', [scores, list.integers([0, -1])]), 1, false);
  list.addAs(reduced.check, 'Add', [check, chosen]);
}

/** `[1]` */
function boxCount(list: NodeList, rank: string): string {
  return slice(list, list.add('Shape', [rank]), 1, 2, 0);
}

/** Min takes whole numbers from opset 12 on. */
function leastOf(list: NodeList, one: string, other: string): string {
  return list.add('Where', [list.add('Less', [one, other]), one, other]);
}

/** What the boxes of a picture are ordered by, `[B, N]`, and a sum that shows whether each of these is a number, `[B]`. */
interface Ranking {
  readonly rank: string;
  readonly check: string;
}

const rankings: { readonly [Kind in OutputLayout]: (list: NodeList, output: string, classes: number) => Ranking } = {
  // A candidate's objectness is above the confidence, whatever its classes.
  v5: (list, output) => {
    const rank = list.add('Reshape', [slice(list, output, 4, 5, 2), list.integers([0, -1])]);
    return { rank, check: reduce(list, 'ReduceSum', rank, 1, false) };
  },
  v8: (list, output, classes) => bestScores(list, slice(list, output, 4, 4 + classes, 1), 1),
  'v8-transposed': (list, output, classes) => bestScores(list, slice(list, output, 4, 4 + classes, 2), 2),
};

function bestScores(list: NodeList, scores: string, axis: number): Ranking {
  const all = list.add('Reshape', [scores, list.integers([0, -1])]);
  return { rank: reduce(list, 'ReduceMax', scores, axis, false), check: reduce(list, 'ReduceSum', all, 1, false) };
}

/** The chosen boxes with all that the model says of them: `[B, K, width]`. */
function gatherRows(list: NodeList, output: string, index: string, kind: OutputLayout, width: number): string {
  if (kind === 'v8') {
    const wide = list.add('Reshape', [index, list.integers([0, 1, -1])]);
    const everywhere = list.add('Expand', [wide, list.integers([1, width, 1])]);
    const columns = list.add('GatherElements', [output, everywhere], { axis: 2 });
    return list.add('Transpose', [columns], { perm: [0, 2, 1] });
  }
  const wide = list.add('Reshape', [index, list.integers([0, -1, 1])]);
  const everywhere = list.add('Expand', [wide, list.integers([1, 1, width])]);
  return list.add('GatherElements', [output, everywhere], { axis: 1 });
}

function slice(list: NodeList, value: string, from: number, to: number, axis: number): string {
  return list.add('Slice', [value, list.integers([from]), list.integers([to]), list.integers([axis])]);
}

function toFloat(list: NodeList, value: string): string {
  return list.add('Cast', [value], { to: elementTypes.float32 });
}

/** Axes became an input with opset 13 for sums, with 18 for the others: https://onnx.ai/onnx/operators/onnx__ReduceMax.html */
const axesAreInput = { ReduceSum: 13, ReduceMax: 18 };

function reduce(
  list: NodeList,
  operator: keyof typeof axesAreInput,
  value: string,
  axis: number,
  keep: boolean,
): string {
  const keepdims = keep ? 1 : 0;
  return list.opset >= axesAreInput[operator]
    ? list.add(operator, [value, list.integers([axis])], { keepdims })
    : list.add(operator, [value], { axes: [axis], keepdims });
}
