import type { PictureInput } from '../model.ts';
import type { Preprocessing } from '../preprocessing.ts';
import { editGraph, opsetOf } from './edit-graph.ts';
import { nodeList, writtenValue } from './nodes.ts';
import { addPreprocessing } from './preprocessing-nodes.ts';

/** The input that an edited model has instead of its own. */
export const pixelsInput = 'millrace/pixels';

/**
 * Writes a model's preprocessing into its graph, which then takes bytes `[pictures, height, width, 3]`.
 * @param pictures of each run; null: free
 * @throws Error where it cannot be edited
 */
export function editModel(
  bytes: Uint8Array,
  input: PictureInput,
  preprocessing: Preprocessing,
  pictures: number | null,
): Uint8Array {
  const { width, height } = input.imageSize;
  const before = nodeList('millrace/input', opsetOf(bytes));
  addPreprocessing(before, pixelsInput, input.name, preprocessing);
  return editGraph(bytes, {
    replacedInput: input.name,
    input: writtenValue(pixelsInput, 'uint8', [pictures ?? 'pictures', height, width, 3]),
    before: before.nodes,
    after: [],
    outputs: [],
  });
}
