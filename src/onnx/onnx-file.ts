import { WireType } from '@bufbuild/protobuf/wire';
import { type DeclaredValue, readDeclaredValue } from './declared-value.ts';
import { attribute, entry, graph, model, node, tensor } from './onnx-fields.ts';
import { eachField, eachMessage, textOf } from './protobuf.ts';

/** What an ONNX file says that the runtime's binding does not show. */
export interface OnnxFile {
  /** Its `metadata_props`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Files beside it that hold its weights, as it names them, and the bytes that each has at least. */
  readonly externalFiles: ReadonlyMap<string, number>;
  /** Whether it measures its values as it runs to quantise them: those of a whole batch together, so pictures change each other's. */
  readonly quantisesAsItRuns: boolean;
  /** The operator that its first output comes from, past those that only change shape or precision; null: there is none. */
  readonly lastOperator: string | null;
  /** Without those that the file has values for: earlier versions of ONNX list all weights. */
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
}

/** @throws Error if the bytes are not a protobuf message */
export function readOnnxFile(bytes: Uint8Array): OnnxFile {
  const metadata = new Map<string, string>();
  const found: Found = {
    externalFiles: new Map(),
    operators: new Set(),
    producers: new Map(),
    weights: new Set(),
    inputs: [],
    outputs: [],
  };
  eachField(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited) return false;
    else if (field === model.metadata) metadata.set(...readEntry(reader.bytes()));
    else if (field === model.graph) readGraph(reader.bytes(), found, 0);
    else return false;
    return true;
  });
  const quantisesAsItRuns = found.operators.has('DynamicQuantizeLinear');
  const { externalFiles, weights, outputs } = found;
  const inputs = found.inputs.filter(({ name }) => !weights.has(name));
  return { metadata, externalFiles, quantisesAsItRuns, lastOperator: lastOperator(found), inputs, outputs };
}

/** Bytes of a protobuf message at most: https://protobuf.dev/programming-guides/proto-limits/#total */
export const largestFile = 2 ** 31 - 1;

/** Graphs in graphs; more than any exporter makes. */
const maxDepth = 32;

/** What graphs hold. */
interface Found {
  readonly externalFiles: Map<string, number>;
  readonly operators: Set<string>;
  /** By the value that it gives, in the outermost graph. */
  readonly producers: Map<string, Producer>;
  /** Names of values that the outermost graph holds. */
  readonly weights: Set<string>;
  /** Of the outermost graph. */
  readonly inputs: DeclaredValue[];
  /** Of the outermost graph. */
  readonly outputs: DeclaredValue[];
}

interface Producer {
  readonly operator: string;
  readonly input: string | undefined;
}

/** Operators that leave the numbers as they are, but for their precision: https://onnx.ai/onnx/operators/ */
const reshaping = new Set([
  'Cast',
  'DequantizeLinear',
  'Flatten',
  'Identity',
  'QuantizeLinear',
  'Reshape',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

function lastOperator({ producers, outputs: [output] }: Found): string | null {
  const passed = new Set<string>();
  for (let value = output?.name; value !== undefined && !passed.has(value); ) {
    passed.add(value);
    const producer = producers.get(value);
    if (producer === undefined) return null;
    if (!reshaping.has(producer.operator)) return producer.operator;
    value = producer.input;
  }
  return null;
}

function readGraph(bytes: Uint8Array, found: Found, depth: number): void {
  if (depth > maxDepth) throw new Error('graphs are nested too deep');
  const readTensor = (message: Uint8Array) => noteExternalFile(message, found.externalFiles);
  const readInner = (message: Uint8Array) => readGraph(message, found, depth + 1);
  const readAttribute = (message: Uint8Array) =>
    eachMessage(message, {
      [attribute.tensor]: readTensor,
      [attribute.tensors]: readTensor,
      [attribute.graph]: readInner,
      [attribute.graphs]: readInner,
    });
  const readNode = (message: Uint8Array) => {
    const [inputs, outputs]: [string[], string[]] = [[], []];
    let operator = '';
    eachMessage(message, {
      [node.input]: (name) => inputs.push(textOf(name)),
      [node.output]: (name) => outputs.push(textOf(name)),
      [node.operator]: (name) => (operator = textOf(name)),
      [node.attribute]: readAttribute,
    });
    found.operators.add(operator);
    if (depth === 0) for (const output of outputs) found.producers.set(output, { operator, input: inputs[0] });
  };
  const readWeights = (message: Uint8Array) => {
    readTensor(message);
    eachMessage(message, { [tensor.name]: (name) => found.weights.add(textOf(name)) });
  };
  const own = {
    [graph.initializer]: readWeights,
    [graph.input]: (message: Uint8Array) => found.inputs.push(readDeclaredValue(message)),
    [graph.output]: (message: Uint8Array) => found.outputs.push(readDeclaredValue(message)),
  };
  eachMessage(bytes, { [graph.node]: readNode, [graph.initializer]: readTensor, ...(depth === 0 && own) });
}

/** https://github.com/onnx/onnx/blob/main/docs/ExternalData.md */
function noteExternalFile(bytes: Uint8Array, files: Map<string, number>): void {
  const found = { location: null as string | null, offset: 0, length: 0 };
  eachMessage(bytes, {
    [tensor.externalData]: (message) => {
      const [key, value] = readEntry(message);
      if (key === 'location') found.location = value;
      else if (key === 'offset' || key === 'length') found[key] = Number(value);
    },
  });
  const { location, offset, length } = found;
  if (location !== null) files.set(location, Math.max(files.get(location) ?? 0, offset + length));
}

function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const texts = ['', '', ''];
  eachField(bytes, (field, _, reader) => {
    if (field !== entry.key && field !== entry.value) return false;
    texts[field] = reader.string();
    return true;
  });
  return [texts[entry.key]!, texts[entry.value]!];
}
