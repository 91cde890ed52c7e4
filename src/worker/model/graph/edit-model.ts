import type { PictureInput, TypedOutput } from '../model.ts';
import type { ModelUse, Reduction } from '../preprocessing.ts';
import { editGraph, opsetOf } from './edit-graph.ts';
import { readGraphNodes } from './graph-nodes.ts';
import { type NodeList, nodeList, writtenValue } from './nodes.ts';
import { addPreprocessing } from './preprocessing-nodes.ts';
import { addReduction, reduced } from './reduction-nodes.ts';
import { addSparseHead } from './sparse-head.ts';

/** The input that an edited model has instead of its own. */
export const pixelsInput = 'millrace/pixels';

/** What of a model's use becomes part of its graph. */
export interface ModelEdit extends Omit<ModelUse, 'constants'> {
  /** Whether the reduced output is computed for its best boxes only: see sparse-head.ts. */
  readonly isSparse: boolean;
}

/**
 * Writes a model's preprocessing into its graph, which then takes bytes `[pictures, height, width, 3]`, and the reduction of its output.
 * The result is not stored: it takes 3 ms of CPU for a file of 7 MiB and 130 ms for 200 MiB, and to look it up by the file's digest and
 * read it would take 7 ms and 280 ms.
 * @param pictures of each run; null: free
 * @throws Error where it cannot be edited
 */
export function editModel(
  bytes: Uint8Array,
  input: PictureInput,
  outputs: readonly TypedOutput[],
  { preprocessing, reduction, anySize = false, isSparse }: ModelEdit,
  pictures: number | null,
): Uint8Array {
  const { width, height } = input.imageSize;
  const before = nodeList('millrace/input', opsetOf(bytes));
  const after = nodeList('millrace/output', before.opset);
  const sides = input.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  addPreprocessing(before, pixelsInput, input.name, preprocessing, input.isSingle ? sides : null);
  const end = reduction === null ? nothing : addEnd(after, bytes, outputs, { reduction, anySize, isSparse });
  const pixelSides = anySize ? ['height', 'width'] : [height, width];
  const pixels = writtenValue(pixelsInput, 'uint8', [pictures ?? 'pictures', ...pixelSides, 3]);
  return editGraph(bytes, {
    replacedInput: input.name,
    inputs: [pixels, ...end.inputs],
    before: before.nodes,
    after: after.nodes,
    outputs: end.outputs.map((name) => writtenValue(name, 'float32', null)),
    replacesOutputs: isSparse,
  });
}

/** What the nodes at the end of a graph take besides its values, and what they give. */
interface End {
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly string[];
}

const nothing: End = { inputs: [], outputs: [] };

function addEnd(
  list: NodeList,
  bytes: Uint8Array,
  outputs: readonly TypedOutput[],
  { reduction, anySize, isSparse }: { reduction: Reduction; anySize: boolean; isSparse: boolean },
): End {
  const { type, dims } = outputNamed(outputs, reduction.output);
  const width = dims[reduction.kind === 'v8' ? 1 : 2]!;
  if (isSparse) {
    addSparseHead(list, readGraphNodes(bytes), reduction, width);
    return { inputs: [], outputs: [reduction.output] };
  }
  addReduction(list, reduction, type, width, anySize);
  return { inputs: [writtenValue(reduced.count, 'int64', [1])], outputs: [reduced.candidates, reduced.check] };
}

export function outputNamed(outputs: readonly TypedOutput[], wanted: string): TypedOutput {
  const found = outputs.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`the model has no output '${wanted}'`);
  return found;
}
