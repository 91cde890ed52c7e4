import type { Reduction } from '../preprocessing.ts';
import type { GraphNode, GraphNodes } from './graph-nodes.ts';
import type { NodeList } from './nodes.ts';

/**
 * Nodes that compute the head of a YOLOv5 only for the boxes whose objectness is above the confidence: the same values as the model's own
 * output has for them, in its order, as `[1, boxes, width]`. The last convolutions and what follows them take a sixth of the time of
 * YOLOv5n otherwise, for 25,200 boxes of which 50 are looked at.
 *
 * For each level, a convolution gives the objectness alone. The features of the chosen cells are multiplied by the weights of the level's
 * last convolution, and the operators behind it are repeated on these rows.
 * @param width values of a box
 * @throws Error where the graph is not the one of a YOLOv5 export: https://github.com/ultralytics/yolov5/blob/master/models/yolo.py (Detect)
 */
export function addSparseHead(
  list: NodeList,
  nodes: GraphNodes,
  { output, confidence }: Reduction,
  width: number,
): void {
  if (list.opset < leastOpset) throw new Error(`opset ${list.opset} is older than ${leastOpset}`);
  const levels = nodeOf(nodes, output, 'Concat');
  const rows = levels.inputs.map((level) => levelRows(list, nodes, level, { width, confidence }));
  const all = rows.length === 1 ? rows[0]! : list.add('Concat', rows, { axis: 0 });
  list.addAs(output, 'Reshape', [all, list.integers([1, -1, width])]);
}

/** The oldest opset with Range. */
const leastOpset = 11;

/** The objectness of two ways of multiplying differs in its last bits: what reads the rows decides. */
const tolerance = 1e-6;

/** The place of a box's objectness. */
const objectnessAt = 4;

interface Wanted {
  readonly width: number;
  readonly confidence: number;
}

/** A level of the head: a convolution of 1 x 1 with `anchors` boxes for each cell. */
interface Head {
  /** `[1, channels, height, width]` */
  readonly features: string;
  readonly channels: number;
  /** `[anchors * width, channels, 1, 1]` */
  readonly weight: string;
  readonly bias: string;
  readonly anchors: number;
}

/** Rows of the boxes of a level that are chosen: `[boxes, width]`. */
function levelRows(list: NodeList, nodes: GraphNodes, level: string, wanted: Wanted): string {
  const boxes = nodeOf(nodes, nodeOf(nodes, level, 'Reshape').inputs[0]!, 'Concat');
  checkObjectness(nodes, boxes, wanted.width);
  const head = headOf(nodes, boxes, wanted.width);
  const chosen = chooseBoxes(list, head, wanted);
  const repeated = new Map<string, string>();
  const rowsOf = (value: string): string => {
    const known = repeated.get(value);
    if (known !== undefined) return known;
    const rows = repeat(list, nodes, value, { head, chosen, width: wanted.width }, rowsOf);
    repeated.set(value, rows);
    return rows;
  };
  return list.add('Concat', boxes.inputs.map(rowsOf), { axis: 1 });
}

function nodeOf(nodes: GraphNodes, value: string, operator: string): GraphNode {
  const found = nodes.producer(value);
  if (found?.operator !== operator) throw new Error(`'${value}' is made by ${found?.operator ?? 'no node'}`);
  return found;
}

/** A box's last values are the sigmoids of the convolution's, the objectness first. */
function checkObjectness(nodes: GraphNodes, boxes: GraphNode, width: number): void {
  const last = boxes.inputs.at(-1)!;
  const split = nodeOf(nodes, last, 'Split');
  const { from, to } = partOf(nodes, split, last);
  nodeOf(nodes, split.inputs[0]!, 'Sigmoid');
  if (from !== objectnessAt || to !== width) throw new Error(`a box has the values ${from} to ${to} at its end`);
}

/** Which values of a row a part of it has. */
function partOf(nodes: GraphNodes, split: GraphNode, part: string): { readonly from: number; readonly to: number } {
  const lengths = split.integers.get('split') ?? nodes.integers(split.inputs[1] ?? '') ?? [];
  const at = split.outputs.indexOf(part);
  const from = lengths.slice(0, at).reduce((sum, length) => sum + length, 0);
  return { from, to: from + (lengths[at] ?? Number.NaN) };
}

function headOf(nodes: GraphNodes, boxes: GraphNode, width: number): Head {
  const { inputs, integers } = pictureNodes(nodes, boxes.inputs.at(-1)!, 'Conv');
  const [features = '', weight = '', bias = ''] = inputs;
  const dims = nodes.weightDims(weight);
  const [filters = 0, channels = 0, ...kernel] = dims ?? [];
  const isPlain =
    nodes.weightDims(bias)?.length === 1 &&
    kernel.join() === '1,1' &&
    filters % width === 0 &&
    (integers.get('group') ?? [1]).join() === '1' &&
    (integers.get('strides') ?? [1]).every((stride) => stride === 1) &&
    (integers.get('pads') ?? [0]).every((pad) => pad === 0);
  if (!isPlain) throw new Error(`the convolution of '${weight}' [${dims}] is not that of a head`);
  return { features, channels, weight, bias, anchors: filters / width };
}

/** The node of an operator that a value is made from, by first inputs. */
function pictureNodes(nodes: GraphNodes, value: string, operator: string): GraphNode {
  for (let at = value, steps = 0; steps < longestHead; steps++) {
    const found = nodes.producer(at);
    if (found === undefined) break;
    if (found.operator === operator) return found;
    at = found.inputs[0] ?? '';
  }
  throw new Error(`'${value}' is not made by ${operator}`);
}

/** Operators from a head's convolution to its boxes; more than any export has. */
const longestHead = 16;

/** The boxes of a level that are chosen, as lists of whole numbers of the same length. */
interface Chosen {
  /** Numbers of boxes in the level: anchor, row, column. */
  readonly boxes: string;
  /** Numbers of their cells: row, column. */
  readonly cells: string;
  readonly anchors: string;
  /** `[1]`: boxes of the level. */
  readonly all: string;
  /** `[2]`: height and width. */
  readonly sides: string;
}

function chooseBoxes(list: NodeList, { features, weight, bias, anchors }: Head, wanted: Wanted): Chosen {
  const filters = list.integers(Array.from({ length: anchors }, (_, at) => at * wanted.width + objectnessAt));
  const only = [weight, bias].map((values) => list.add('Gather', [values, filters], { axis: 0 }));
  const levels = list.add('Conv', [features, ...only], { kernel_shape: [1, 1] });
  const scores = list.add('Sigmoid', [list.add('Reshape', [levels, list.integers([-1])])]);
  const least = list.floats([Math.max(0, wanted.confidence - tolerance)]);
  const boxes = list.add('Reshape', [list.add('NonZero', [list.add('Greater', [scores, least])]), list.integers([-1])]);
  const shape = list.add('Shape', [features]);
  const sides = list.add('Slice', [shape, list.integers([2]), list.integers([4])]);
  const cellCount = list.add('ReduceProd', [sides], { keepdims: 1 });
  const anchorOf = list.add('Div', [boxes, cellCount]);
  return {
    boxes,
    cells: list.add('Sub', [boxes, list.add('Mul', [anchorOf, cellCount])]),
    anchors: anchorOf,
    all: list.add('Mul', [cellCount, list.integers([anchors])]),
    sides,
  };
}

interface Level {
  readonly head: Head;
  readonly chosen: Chosen;
  readonly width: number;
}

const pairwise = ['Add', 'Div', 'Mul', 'Pow', 'Sub'];

/** The rows of the chosen boxes of a value `[1, anchors, height, width, values]`. */
function repeat(
  list: NodeList,
  nodes: GraphNodes,
  value: string,
  level: Level,
  rowsOf: (value: string) => string,
): string {
  const made = nodes.producer(value);
  if (made?.operator === 'Transpose') return convolvedRows(list, nodes, made, level);
  if (made?.operator === 'Sigmoid') return list.add('Sigmoid', [rowsOf(made.inputs[0]!)]);
  if (made?.operator === 'Split') {
    const { from, to } = partOf(nodes, made, value);
    if (Number.isNaN(to) || made.integers.get('axis')?.[0] !== 4) throw new Error(`'${value}' is not a part of rows`);
    const [start, end, axis] = [from, to, 1].map((number) => list.integers([number]));
    return list.add('Slice', [rowsOf(made.inputs[0]!), start!, end!, axis!]);
  }
  if (made !== undefined && pairwise.includes(made.operator)) {
    const rows = made.inputs.map((input) => (isOfPicture(nodes, input) ? rowsOf(input) : gridRows(list, input, level)));
    return list.add(made.operator, rows);
  }
  throw new Error(`'${value}' is made by ${made?.operator ?? 'no node'}`);
}

/** Whether a value differs from picture to picture; what is made of the shape of others does not. */
function isOfPicture(nodes: GraphNodes, value: string): boolean {
  const seen = new Set<string>();
  const left = [value];
  while (left.length > 0) {
    const at = left.pop()!;
    if (seen.has(at)) continue;
    seen.add(at);
    const made = nodes.producer(at);
    if (made?.operator === 'Conv') return true;
    if (made !== undefined && made.operator !== 'Shape') left.push(...made.inputs);
  }
  return false;
}

/** Rows of what is the same for all pictures, and can be as wide as an anchor, a cell or all. */
function gridRows(list: NodeList, value: string, { head, chosen }: Level): string {
  const shape = list.add('Concat', [list.integers([1, head.anchors]), chosen.sides, list.integers([1])], { axis: 0 });
  const rows = list.add('Concat', [chosen.all, list.integers([-1])], { axis: 0 });
  const all = list.add('Reshape', [list.add('Expand', [value, shape]), rows]);
  return list.add('Gather', [all, chosen.boxes], { axis: 0 });
}

const toRows = '0,1,3,4,2';

/** Rows of the last convolution: the features of the chosen cells, multiplied by the weights of all anchors, and of these their own. */
function convolvedRows(
  list: NodeList,
  nodes: GraphNodes,
  transpose: GraphNode,
  { head, chosen, width }: Level,
): string {
  const [convolved = ''] = nodeOf(nodes, transpose.inputs[0]!, 'Reshape').inputs;
  nodeOf(nodes, convolved, 'Conv');
  if (transpose.integers.get('perm')?.join() !== toRows) throw new Error('the rows of boxes are transposed otherwise');
  const features = list.add('Reshape', [head.features, list.integers([head.channels, -1])]);
  const cells = list.add('Gather', [features, chosen.cells], { axis: 1 });
  const weights = list.add('Reshape', [head.weight, list.integers([-1, head.channels])]);
  const products = list.add('Gemm', [cells, weights, head.bias], { transA: 1, transB: 1 });
  const rows = list.add('Reshape', [products, list.integers([-1, width])]);
  const ranks = list.add('Range', [list.integers([0], []), list.add('Size', [chosen.boxes]), list.integers([1], [])]);
  const first = list.add('Mul', [ranks, list.integers([head.anchors])]);
  return list.add('Gather', [rows, list.add('Add', [first, chosen.anchors])], { axis: 0 });
}
