import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { len, message, nested } from './protobuf-message.ts';

/** TensorProto.DataType */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 };

type ElementType = keyof typeof elementTypes;

export interface GraphSketch {
  readonly opset: number;
  readonly input: { readonly type: ElementType; readonly dims: readonly (number | string)[] };
  readonly output: { readonly type: ElementType; readonly dims: readonly (number | string)[] };
  readonly metadata: Readonly<Record<string, string>>;
  /** Adds the nodes between `images` and `output0`. */
  readonly nodes: (graph: Graph) => void;
}

/** Each method answers the name of the value it adds. */
export interface Graph {
  add(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, number | readonly number[]>>,
    output?: string,
  ): string;
  tensor(type: ElementType, dims: readonly number[], values: readonly number[]): string;
}

/** A real ONNX file (onnx.proto) of any nodes. */
export function onnxGraph({ opset, input, output, metadata, nodes }: GraphSketch): Uint8Array {
  const graph = message((writer) => {
    let values = 0;
    const fresh = () => `value${values++}`;
    nodes({
      add: (operator, inputs, attributes = {}, name = fresh()) => {
        nested(writer, 1, (node) => {
          for (const each of inputs) node.tag(1, len).string(each);
          node.tag(2, len).string(name).tag(4, len).string(operator);
          for (const [key, value] of Object.entries(attributes))
            nested(node, 5, (attribute) => writeAttribute(attribute, key, value));
        });
        return name;
      },
      tensor: (type, dims, numbers) => {
        const name = fresh();
        nested(writer, 5, (tensor) => {
          for (const dim of dims) tensor.tag(1, varint).int64(dim);
          tensor
            .tag(2, varint)
            .int32(elementTypes[type])
            .tag(8, len)
            .string(name)
            .tag(9, len)
            .bytes(bytesOf(type, numbers));
        });
        return name;
      },
    });
    writer.tag(2, len).string('sketch');
    nested(writer, 11, (value) => writeValue(value, 'images', input));
    nested(writer, 12, (value) => writeValue(value, 'output0', output));
  });
  return message((model) => {
    model
      .tag(1, varint)
      .int64(opset > 18 ? 10 : 7)
      .tag(7, len)
      .bytes(graph);
    nested(model, 8, (set) => set.tag(1, len).string('').tag(2, varint).int64(opset));
    for (const [key, value] of Object.entries(metadata))
      nested(model, 14, (entry) => entry.tag(1, len).string(key).tag(2, len).string(value));
  });
}

const varint = WireType.Varint;

function bytesOf(type: ElementType, values: readonly number[]): Uint8Array {
  const arrays = {
    float32: () => Float32Array.from(values),
    float16: () => Float16Array.from(values),
    uint8: () => Uint8Array.from(values),
    int8: () => Int8Array.from(values),
    int32: () => Int32Array.from(values),
    int64: () => BigInt64Array.from(values, BigInt),
  };
  return new Uint8Array(arrays[type]().buffer);
}

function writeAttribute(writer: BinaryWriter, name: string, value: number | readonly number[]): void {
  writer.tag(1, len).string(name);
  if (typeof value === 'number') writer.tag(3, varint).int64(value).tag(20, varint).int32(2);
  else {
    for (const each of value) writer.tag(8, varint).int64(each);
    writer.tag(20, varint).int32(7);
  }
}

function writeValue(writer: BinaryWriter, name: string, { type, dims }: GraphSketch['input']): void {
  writer.tag(1, len).string(name);
  nested(writer, 2, (typeProto) =>
    nested(typeProto, 1, (tensorType) => {
      tensorType.tag(1, varint).int32(elementTypes[type]);
      nested(tensorType, 2, (shape) => {
        for (const dim of dims)
          nested(shape, 1, (dimension) =>
            typeof dim === 'number' ? dimension.tag(1, varint).int64(dim) : dimension.tag(2, len).string(dim),
          );
      });
    }),
  );
}
