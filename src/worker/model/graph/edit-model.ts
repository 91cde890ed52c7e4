import type { PictureInput, TypedOutput } from '../model.ts';
import type { ModelUse } from '../preprocessing.ts';
import { editGraph, opsetOf } from './edit-graph.ts';
import { nodeList, writtenValue } from './nodes.ts';
import { addPreprocessing } from './preprocessing-nodes.ts';
import { addReduction, reduced } from './reduction-nodes.ts';

/** The input that an edited model has instead of its own. */
export const pixelsInput = 'millrace/pixels';

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
  { preprocessing, reduction }: Pick<ModelUse, 'preprocessing' | 'reduction'>,
  pictures: number | null,
): Uint8Array {
  const { width, height } = input.imageSize;
  const before = nodeList('millrace/input', opsetOf(bytes));
  const after = nodeList('millrace/output', before.opset);
  const sides = input.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  addPreprocessing(before, pixelsInput, input.name, preprocessing, input.isSingle ? sides : null);
  if (reduction !== null) {
    const { type, dims } = outputNamed(outputs, reduction.output);
    addReduction(after, reduction, type, dims[reduction.kind === 'v8' ? 1 : 2]!);
  }
  const pixels = writtenValue(pixelsInput, 'uint8', [pictures ?? 'pictures', height, width, 3]);
  return editGraph(bytes, {
    replacedInput: input.name,
    inputs: reduction === null ? [pixels] : [pixels, writtenValue(reduced.count, 'int64', [1])],
    before: before.nodes,
    after: after.nodes,
    outputs:
      reduction === null ? [] : [reduced.candidates, reduced.check].map((name) => writtenValue(name, 'float32', null)),
  });
}

export function outputNamed(outputs: readonly TypedOutput[], wanted: string): TypedOutput {
  const found = outputs.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`the model has no output '${wanted}'`);
  return found;
}
