import { BinaryReader } from '@bufbuild/protobuf/wire';
import { graph, model, opset, valueInfo } from '../../../onnx/onnx-fields.ts';
import { eachMessage, type Field, fieldsOf, messageHeader, textOf } from '../../../onnx/protobuf.ts';
import { readNode } from './graph-nodes.ts';

/** Changes of a model's outermost graph; nodes and values are written already. */
export interface GraphEdit {
  /** The input that is no input any more, for nodes of `before` give its value. */
  readonly replacedInput: string;
  readonly inputs: readonly Uint8Array[];
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
  /** Whether the model's own outputs are left out, and nodes that nothing else needs. */
  readonly replacesOutputs: boolean;
}

/**
 * Writes nodes around a model's graph, or instead of its end. Everything else, weights above all, is copied as it is.
 * @throws Error where the file has no graph or more than one, or not that input
 */
export function editGraph(bytes: Uint8Array, edit: GraphEdit): Uint8Array {
  const fields = fieldsOf(bytes);
  const graphs = fields.filter(({ number }) => number === model.graph);
  if (graphs.length !== 1) throw new Error(`the file has ${graphs.length} graphs`);
  const parts = fields.flatMap(({ number, content, written }) => {
    if (number !== model.graph) return [written];
    const edited = editedGraph(content, edit);
    return [messageHeader(model.graph, lengthOf(edited)), ...edited];
  });
  return joined(parts);
}

function editedGraph(
  bytes: Uint8Array,
  { replacedInput, inputs, before, after, outputs, replacesOutputs }: GraphEdit,
): readonly Uint8Array[] {
  const own = fieldsOf(bytes);
  const isReplaced = (field: Field) => field.number === graph.input && nameOf(field.content) === replacedInput;
  const kept = own.filter((field) => !isReplaced(field));
  if (kept.length !== own.length - 1) throw new Error(`the graph has no input '${replacedInput}'`);
  const add = (field: number, contents: readonly Uint8Array[]) =>
    contents.flatMap((content) => [messageHeader(field, content.length), content]);
  return [
    ...add(graph.input, inputs),
    ...add(graph.node, before),
    ...(replacesOutputs ? neededFields(kept, after) : kept).map(({ written }) => written),
    ...add(graph.node, after),
    ...add(graph.output, outputs),
  ];
}

/** Without outputs, and nodes that give nothing to `after`. Nodes stand in the order of their work. */
function neededFields(fields: readonly Field[], after: readonly Uint8Array[]): readonly Field[] {
  const needed = new Set(after.flatMap((written) => readNode(written).inputs));
  const isNeeded = (written: Uint8Array) => {
    const { inputs, outputs } = readNode(written);
    if (!outputs.some((output) => needed.has(output))) return false;
    for (const input of inputs) needed.add(input);
    return true;
  };
  return fields
    .toReversed()
    .filter(({ number, content }) => number !== graph.output && (number !== graph.node || isNeeded(content)))
    .toReversed();
}

function nameOf(value: Uint8Array): string {
  let name = '';
  eachMessage(value, { [valueInfo.name]: (text) => (name = textOf(text)) });
  return name;
}

/** The version of ONNX's own operators. */
export function opsetOf(bytes: Uint8Array): number {
  let version = 0;
  eachMessage(bytes, {
    [model.opset]: (written) => {
      const fields = fieldsOf(written);
      const domain = fields.find(({ number }) => number === opset.domain);
      if (domain !== undefined && !['', 'ai.onnx'].includes(textOf(domain.content))) return;
      const field = fields.find(({ number }) => number === opset.version);
      if (field === undefined) return;
      const reader = new BinaryReader(field.written);
      reader.tag();
      version = Number(reader.int64());
    },
  });
  return version;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  // No memory of Buffer's pool: what is transferred to another thread has to be its own.
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
