import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { len, message, nested } from './protobuf-message.ts';

export interface ModelSketch {
  /** Dimensions of the input `images`; a text is a free dimension. */
  readonly input?: readonly (number | string)[];
  readonly inputType?: keyof typeof elementTypes;
  /** Of the outputs that `chain` makes. */
  readonly outputType?: keyof typeof elementTypes;
  readonly opset?: number;
  /** Constant outputs: the model says the same of every picture. */
  readonly outputs: readonly {
    readonly name?: string;
    readonly dims: readonly number[];
    readonly values?: Float32Array | BigInt64Array;
    /** Dimensions that the file declares, if they are others; null: none. */
    readonly declared?: readonly (number | string)[] | null;
  }[];
  /** Inputs of whole numbers, besides the pictures. */
  readonly otherInputs?: readonly { readonly name: string; readonly dims: readonly (number | string)[] }[];
  /** Operators that make the only output of the input, one of the other's, instead of constants. */
  readonly chain?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly irVersion?: number;
  /** Of a node that nothing needs, which the runtime leaves out. */
  readonly operator?: string;
  /** A file beside it that holds the values of an output, which the graph does not. */
  readonly externalFile?: string;
  /** Where they begin in it; absent: the graph names neither that nor their length. */
  readonly externalOffset?: number;
}

const elementTypes = { float32: 1, uint8: 2, int64: 7, float16: 10 };

/** A real, tiny ONNX file (onnx.proto). */
export function onnxModel({
  input = [1, 3, 32, 32],
  inputType = 'float32',
  outputType = 'float32',
  opset = 17,
  outputs,
  otherInputs = [],
  chain,
  metadata = {},
  irVersion = 8,
  operator,
  externalFile,
  externalOffset,
}: ModelSketch): Uint8Array {
  const named = outputs.map((output, at) => ({ name: `output${at}`, ...output }));
  const graph = message((graph) => {
    for (const [at, operator] of chain?.entries() ?? []) {
      const [from, to] = [
        at === 0 ? 'images' : `link${at}`,
        at + 1 === chain?.length ? named[0]!.name : `link${at + 1}`,
      ];
      nested(graph, 1, (node) => node.tag(1, len).string(from).tag(2, len).string(to).tag(4, len).string(operator));
    }
    for (const { name } of chain === undefined ? named : []) {
      nested(graph, 1, (node) =>
        node.tag(1, len).string(`${name}_value`).tag(2, len).string(name).tag(4, len).string('Identity'),
      );
    }
    if (operator !== undefined)
      nested(graph, 1, (node) => {
        node.tag(1, len).string(`${named[0]!.name}_value`);
        for (const name of ['a', 'b', 'c']) node.tag(2, len).string(`unused_${name}`);
        node.tag(4, len).string(operator);
      });
    graph.tag(2, len).string('sketch');
    for (const output of chain === undefined ? named : [])
      nested(graph, 5, (tensor) => writeTensor(tensor, output, externalFile, externalOffset));
    nested(graph, 11, (value) => writeValue(value, 'images', elementTypes[inputType], input));
    for (const { name, dims } of otherInputs)
      nested(graph, 11, (value) => writeValue(value, name, elementTypes.int64, dims));
    for (const { name, dims, values, declared = dims } of named)
      nested(graph, 12, (value) => writeValue(value, name, typeOf(values, outputType), declared));
  });
  return message((model) => {
    model.tag(1, WireType.Varint).int64(irVersion).tag(7, len).bytes(graph);
    nested(model, 8, (set) => set.tag(1, len).string('').tag(2, WireType.Varint).int64(opset));
    for (const [key, value] of Object.entries(metadata)) {
      nested(model, 14, (entry) => entry.tag(1, len).string(key).tag(2, len).string(value));
    }
  });
}

interface Constant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values?: Float32Array | BigInt64Array;
}

function typeOf(values: Constant['values'], otherwise: keyof typeof elementTypes): number {
  return values instanceof BigInt64Array ? elementTypes.int64 : elementTypes[otherwise];
}

function writeTensor(
  writer: BinaryWriter,
  { name, dims, values }: Constant,
  externalFile?: string,
  externalOffset?: number,
): void {
  const data = values ?? new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  for (const dim of dims) writer.tag(1, WireType.Varint).int64(dim);
  writer.tag(2, WireType.Varint).int32(typeOf(values, 'float32')).tag(8, len).string(`${name}_value`);
  if (externalFile !== undefined) {
    const place = externalOffset === undefined ? {} : { offset: externalOffset, length: data.byteLength };
    for (const [key, value] of Object.entries({ location: externalFile, ...place }))
      nested(writer, 13, (entry) => entry.tag(1, len).string(key).tag(2, len).string(String(value)));
    writer.tag(14, WireType.Varint).int32(1);
    return;
  }
  writer.tag(9, len).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValue(writer: BinaryWriter, name: string, type: number, dims: readonly (number | string)[] | null): void {
  writer.tag(1, len).string(name);
  nested(writer, 2, (typeProto) =>
    nested(typeProto, 1, (tensorType) => {
      tensorType.tag(1, WireType.Varint).int32(type);
      if (dims === null) return;
      nested(tensorType, 2, (shape) => {
        for (const dim of dims) nested(shape, 1, (dimension) => writeDimension(dimension, dim));
      });
    }),
  );
}

function writeDimension(writer: BinaryWriter, dim: number | string): void {
  if (typeof dim === 'number') writer.tag(1, WireType.Varint).int64(dim);
  else writer.tag(2, len).string(dim);
}
