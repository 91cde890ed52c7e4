import { elementTypes, graph, model, opset as opsetFields, tensor } from '../../../src/onnx/onnx-fields.ts';
import { message, writeMessage, writeNumber, writeText } from '../../../src/onnx/protobuf.ts';
import { nodeList, writtenValue } from '../../../src/worker/model/graph/nodes.ts';

export interface YoloV5Sketch {
  readonly opset?: number;
  readonly classes?: number;
  /** Added to the objectness of the first anchor before its sigmoid. */
  readonly firstBias?: number;
  /** What makes the objectness: `halved` is not as in any export. */
  readonly objectness?: 'sigmoid' | 'halved';
  /** Whether the convolutions are outputs, too, as in old exports. */
  readonly givesConvolutions?: boolean;
}

const side = 32;
const anchors = 3;
const channels = 4;

/** A real, tiny ONNX file with the head of a YOLOv5 export, two levels of random weights. Input `[batch, 3, 32, 32]`. */
export function yolov5Model({
  opset = 12,
  classes = 2,
  firstBias = 0,
  objectness = 'sigmoid',
  givesConvolutions = false,
}: YoloV5Sketch = {}): Uint8Array {
  const list = nodeList('v5', opset);
  const width = 5 + classes;
  const random = randomNumbers(11);
  const written: Uint8Array[] = [];
  const weight = (dims: readonly number[], values: Float32Array) => {
    const name = `weight${written.length}`;
    written.push(writtenWeight(name, dims, values));
    return name;
  };
  const floats = (dims: readonly number[], spread: number) =>
    weight(
      dims,
      Float32Array.from({ length: product(dims) }, () => (random() - 0.5) * spread),
    );
  const convolutions: string[] = [];
  const level = (stride: number) => {
    const cells = side / stride;
    const features = list.add('Conv', ['images', floats([channels, 3, stride, stride], 8 / stride)], {
      kernel_shape: [stride, stride],
      strides: [stride, stride],
    });
    const bias = Float32Array.from({ length: anchors * width }, (_, at) => (at === 4 ? firstBias : random() - 0.5));
    const head = list.add(
      'Conv',
      [features, floats([anchors * width, channels, 1, 1], 4), weight([anchors * width], bias)],
      {
        kernel_shape: [1, 1],
      },
    );
    convolutions.push(head);
    const apart = list.add('Reshape', [head, list.integers([0, anchors, width, cells, cells])]);
    const rows = list.add('Sigmoid', [list.add('Transpose', [apart], { perm: [0, 1, 3, 4, 2] })]);
    const lengths = [2, 2, width - 4];
    const [centre, sides, rest] = (
      opset < 13
        ? list.addSeveral(3, 'Split', [rows], { axis: 4, split: lengths })
        : list.addSeveral(3, 'Split', [rows, list.integers(lengths)], { axis: 4 })
    ) as [string, string, string];
    const grid = weight([1, anchors, cells, cells, 2], gridOf(cells));
    const sizes = weight([1, anchors, 1, 1, 2], Float32Array.of(4, 6, 10, 8, 16, 20));
    const at = list.add('Add', [list.add('Mul', [centre, list.floats([2])]), grid]);
    const long = list.add('Pow', [list.add('Mul', [sides, list.floats([2])]), list.floats([2])]);
    const parts = [
      list.add('Mul', [at, list.floats([stride])]),
      list.add('Mul', [long, sizes]),
      objectness === 'sigmoid' ? rest : list.add('Mul', [rest, list.floats([0.5])]),
    ];
    return list.add('Reshape', [
      list.add('Concat', parts, { axis: 4 }),
      list.integers([0, anchors * cells ** 2, width]),
    ]);
  };
  list.addAs('output0', 'Concat', [level(8), level(16)], { axis: 1 });
  const boxes = anchors * ((side / 8) ** 2 + (side / 16) ** 2);
  const content = message((writer) => {
    for (const node of list.nodes) writeMessage(writer, graph.node, node);
    writeText(writer, 2, 'sketch');
    for (const each of written) writeMessage(writer, graph.initializer, each);
    writeMessage(writer, graph.input, writtenValue('images', 'float32', ['batch', 3, side, side]));
    writeMessage(writer, graph.output, writtenValue('output0', 'float32', ['batch', boxes, width]));
    for (const each of givesConvolutions ? convolutions : [])
      writeMessage(writer, graph.output, writtenValue(each, 'float32', null));
  });
  return message((writer) => {
    writeNumber(writer, 1, 8);
    writeMessage(writer, model.graph, content);
    const set = message((inner) => writeNumber(inner, opsetFields.version, opset));
    writeMessage(writer, model.opset, set);
  });
}

function writtenWeight(name: string, dims: readonly number[], { buffer }: Float32Array): Uint8Array {
  return message((writer) => {
    for (const dim of dims) writeNumber(writer, tensor.dimensions, dim);
    writeNumber(writer, tensor.dataType, elementTypes.float32);
    writeText(writer, tensor.name, name);
    writeMessage(writer, tensor.rawData, new Uint8Array(buffer));
  });
}

function gridOf(cells: number): Float32Array {
  return Float32Array.from({ length: anchors * cells * cells * 2 }, (_, at) => {
    const cell = (at >> 1) % (cells * cells);
    return (at % 2 === 0 ? cell % cells : Math.floor(cell / cells)) - 0.5;
  });
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
