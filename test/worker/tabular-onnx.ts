import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { len, message, nested } from './protobuf-message.ts';

const varint = WireType.Varint;

/** TensorProto.DataType */
const elementTypes = { float32: 1, int64: 7, string: 8, float64: 11 };

type ElementType = keyof typeof elementTypes;

interface TableSketch {
  readonly inputs?: readonly Declared[];
  readonly outputs?: readonly Declared[];
  /** null: none, as of another exporter. */
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** Values of the label. */
  readonly classes?: readonly string[] | readonly number[];
}

type Declared = readonly [name: string, type: ElementType, dims: readonly (number | string)[]];

/** Which of two kinds a flower is: `width` and `colour` (red counts 1, blue -1) through a sigmoid; the second one above 0. */
export function flowerModel({
  inputs = [
    ['width', 'float32', ['n', 1]],
    ['colour', 'string', ['n', 1]],
  ],
  classes = ['tulip', 'rose'],
  outputs = [
    ['label', typeof classes[0] === 'string' ? 'string' : 'int64', ['n']],
    ['probabilities', 'float32', ['n', 2]],
  ],
  metadata = {
    'millrace.kind': 'classifier',
    'millrace.estimator': 'LinearClassifier',
    'millrace.label': '"kind"',
    'millrace.classes': JSON.stringify(classes),
    'millrace.outputs': '{"label": "label", "probabilities": "probabilities"}',
  },
}: TableSketch = {}): Uint8Array {
  const [width, colour] = inputs.map(([name]) => name);
  const [label, probabilities] = outputs.map(([name]) => name);
  const graph = message((writer) => {
    const node = (operator: string, from: readonly string[], to: string, more?: (node: BinaryWriter) => void) =>
      nested(writer, 1, (node) => {
        for (const each of from) node.tag(1, len).string(each);
        node.tag(2, len).string(to).tag(4, len).string(operator);
        more?.(node);
      });
    node('LabelEncoder', [colour!], 'code', (node) => {
      attribute(node, 'keys_strings', 8, (value) => ['red', 'blue'].map((each) => value.tag(9, len).string(each)));
      attribute(node, 'values_floats', 6, (value) => [1, -1].map((each) => value.tag(7, WireType.Bit32).float(each)));
      attribute(node, 'default_float', 1, (value) => [value.tag(2, WireType.Bit32).float(0)]);
      node.tag(7, len).string('ai.onnx.ml');
    });
    node('Add', [width!, 'code'], 'margin');
    node('Sigmoid', ['margin'], 'second');
    node('Sub', ['one', 'second'], 'first');
    node('Concat', ['first', 'second'], probabilities ?? 'both', axis(1));
    node('ArgMax', [probabilities ?? 'both'], 'place', (node) => {
      axis(1)(node);
      attribute(node, 'keepdims', 2, (value) => [value.tag(3, varint).int64(0)]);
    });
    node('Gather', ['classes', 'place'], label!);
    writer.tag(2, len).string('flowers');
    tensor(writer, 'one', 'float32', [1], (value) =>
      value.tag(9, len).bytes(new Uint8Array(Float32Array.of(1).buffer)),
    );
    tensor(writer, 'classes', typeof classes[0] === 'string' ? 'string' : 'int64', [classes.length], (value) => {
      for (const each of classes) {
        if (typeof each === 'string') value.tag(6, len).string(each);
        else value.tag(7, varint).int64(each);
      }
    });
    for (const each of inputs) nested(writer, 11, (value) => declare(value, each));
    for (const each of outputs) nested(writer, 12, (value) => declare(value, each));
  });
  return message((model) => {
    model.tag(1, varint).int64(9).tag(7, len).bytes(graph);
    for (const [domain, version] of [
      ['', 17],
      ['ai.onnx.ml', 3],
    ] as const)
      nested(model, 8, (set) => set.tag(1, len).string(domain).tag(2, varint).int64(version));
    for (const [key, value] of Object.entries(metadata ?? {}))
      nested(model, 14, (entry) => entry.tag(1, len).string(key).tag(2, len).string(value));
  });
}

const axis = (number: number) => (node: BinaryWriter) =>
  attribute(node, 'axis', 2, (value) => [value.tag(3, varint).int64(number)]);

function attribute(node: BinaryWriter, name: string, type: number, write: (value: BinaryWriter) => unknown): void {
  nested(node, 5, (value) => {
    value.tag(1, len).string(name);
    write(value);
    value.tag(20, varint).int32(type);
  });
}

function tensor(
  graph: BinaryWriter,
  name: string,
  type: ElementType,
  dims: readonly number[],
  write: (value: BinaryWriter) => unknown,
): void {
  nested(graph, 5, (value) => {
    for (const dim of dims) value.tag(1, varint).int64(dim);
    value.tag(2, varint).int32(elementTypes[type]).tag(8, len).string(name);
    write(value);
  });
}

function declare(writer: BinaryWriter, [name, type, dims]: Declared): void {
  writer.tag(1, len).string(name);
  nested(writer, 2, (typeProto) =>
    nested(typeProto, 1, (tensorType) => {
      tensorType.tag(1, varint).int32(elementTypes[type]);
      nested(tensorType, 2, (shape) => {
        for (const dim of dims)
          nested(shape, 1, (dimension) => {
            if (typeof dim === 'number') dimension.tag(1, varint).int64(dim);
            else if (dim !== '') dimension.tag(2, len).string(dim);
          });
      });
    }),
  );
}
