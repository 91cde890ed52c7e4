import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { attribute, graph, model, node, tensor } from '../../../onnx/onnx-fields.ts';
import { eachField, eachMessage, fieldsOf, textOf } from '../../../onnx/protobuf.ts';

/** A node of a model's outermost graph. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that are whole numbers; one number is a list of one. */
  readonly integers: ReadonlyMap<string, readonly number[]>;
  /** The tensor of a `Constant`. */
  readonly value: Uint8Array | null;
}

/** The nodes and constant values of a model's outermost graph. */
export interface GraphNodes {
  /** The node that gives a value; undefined: it is an input or a weight. */
  producer(value: string): GraphNode | undefined;
  /** Dimensions of a weight of 32-bit floats; null: there is no such weight in the file. */
  weightDims(value: string): readonly number[] | null;
  /** Whole numbers that the file gives for a value; null: it does not. */
  integers(value: string): readonly number[] | null;
}

const float32 = 1;
const int64 = 7;

/** @throws Error where a node has a graph of its own, which may use any value */
export function readGraphNodes(bytes: Uint8Array): GraphNodes {
  const producers = new Map<string, GraphNode>();
  const weights = new Map<string, WrittenTensor>();
  eachMessage(bytes, {
    [model.graph]: (content) =>
      eachMessage(content, {
        [graph.node]: (written) => {
          const read = readNode(written);
          for (const output of read.outputs) producers.set(output, read);
        },
        [graph.initializer]: (written) => {
          const read = readTensor(written);
          weights.set(read.name, read);
        },
      }),
  });
  return {
    producer: (value) => producers.get(value),
    weightDims: (value) => {
      const weight = weights.get(value);
      return weight?.type === float32 ? weight.dims : null;
    },
    integers: (value) => {
      const written = producers.get(value)?.value;
      const found = written ? readTensor(written) : weights.get(value);
      return found?.type === int64 ? integersOf(found) : null;
    },
  };
}

/** Names of the inputs and outputs of a node. */
export function readNode(bytes: Uint8Array): GraphNode {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const integers = new Map<string, readonly number[]>();
  let operator = '';
  let value: Uint8Array | null = null;
  const readAttribute = (written: Uint8Array) => {
    let name = '';
    const numbers: number[] = [];
    eachField(written, (field, wireType, reader) => {
      if (field === attribute.name) name = reader.string();
      else if (field === attribute.tensor) value = reader.bytes();
      else if (field === attribute.integer || field === attribute.integers) readIntegers(reader, wireType, numbers);
      else if (field === attribute.graph || field === attribute.graphs)
        throw new Error('a node has a graph of its own');
      else return false;
      return true;
    });
    integers.set(name, numbers);
  };
  eachMessage(bytes, {
    [node.input]: (name) => inputs.push(textOf(name)),
    [node.output]: (name) => outputs.push(textOf(name)),
    [node.operator]: (name) => {
      operator = textOf(name);
    },
    [node.attribute]: readAttribute,
  });
  return { operator, inputs, outputs, integers, value: operator === 'Constant' ? value : null };
}

/** Repeated numbers are written one by one, or together. */
function readIntegers(reader: BinaryReader, wireType: WireType, to: number[]): void {
  if (wireType === WireType.Varint) return void to.push(Number(reader.int64()));
  const packed = new BinaryReader(reader.bytes());
  while (packed.pos < packed.len) to.push(Number(packed.int64()));
}

interface WrittenTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
}

function readTensor(bytes: Uint8Array): WrittenTensor {
  const dims: number[] = [];
  let name = '';
  let type = 0;
  eachField(bytes, (field, wireType, reader) => {
    if (field === tensor.dimensions) readIntegers(reader, wireType, dims);
    else if (field === tensor.dataType) type = reader.int32();
    else if (field === tensor.name) name = reader.string();
    else return false;
    return true;
  });
  return { name, dims, type, bytes };
}

function integersOf({ bytes }: WrittenTensor): readonly number[] {
  const numbers: number[] = [];
  for (const { number, content, written } of fieldsOf(bytes)) {
    if (number === tensor.int64s) {
      const reader = new BinaryReader(written);
      readIntegers(reader, reader.tag()[1], numbers);
    } else if (number === tensor.rawData) {
      const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
      for (let at = 0; at < content.length; at += 8) numbers.push(Number(view.getBigInt64(at, true)));
    }
  }
  return numbers;
}
