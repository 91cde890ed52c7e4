import { WireType } from '@bufbuild/protobuf/wire';
import {
  attribute,
  attributeTypes,
  dimension,
  type ElementType,
  elementTypes,
  node,
  shape,
  tensor,
  tensorType,
  type,
  valueInfo,
} from '../../../onnx/onnx-fields.ts';
import { message, writeMessage, writeNumber, writeText } from '../../../onnx/protobuf.ts';

/** An attribute of a node: a number, numbers, or a tensor that is written already. */
type AttributeValue = number | readonly number[] | { readonly tensor: Uint8Array };

/** Nodes to be written into a graph, in the order of their work. Each method answers the name of the value it adds. */
export interface NodeList {
  readonly nodes: readonly Uint8Array[];
  /** Of the model: which form some operators have. */
  readonly opset: number;
  add(operator: string, inputs: readonly string[], attributes?: Readonly<Record<string, AttributeValue>>): string;
  /** The value gets a given name. */
  addAs(
    output: string,
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string;
  /** A node with several values. */
  addSeveral(
    values: number,
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): readonly string[];
  floats(values: readonly number[], dims?: readonly number[]): string;
  integers(values: readonly number[], dims?: readonly number[]): string;
}

/** @param prefix of the values' names, which no other value of the graph begins with */
export function nodeList(prefix: string, opset: number): NodeList {
  const nodes: Uint8Array[] = [];
  const fresh = () => `${prefix}/${nodes.length}`;
  const addAs: NodeList['addAs'] = (output, operator, inputs, attributes = {}) => {
    nodes.push(writtenNode(operator, inputs, [output], attributes));
    return output;
  };
  const constant = (written: Uint8Array) => addAs(fresh(), 'Constant', [], { value: { tensor: written } });
  return {
    nodes,
    opset,
    addAs,
    add: (operator, inputs, attributes) => addAs(fresh(), operator, inputs, attributes),
    addSeveral: (values, operator, inputs, attributes = {}) => {
      const outputs = Array.from({ length: values }, (_, at) => `${fresh()}/${at}`);
      nodes.push(writtenNode(operator, inputs, outputs, attributes));
      return outputs;
    },
    floats: (values, dims = []) => constant(writtenTensor('float32', dims, Float32Array.from(values))),
    integers: (values, dims = [values.length]) =>
      constant(writtenTensor('int64', dims, BigInt64Array.from(values, BigInt))),
  };
}

function writtenNode(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
): Uint8Array {
  return message((writer) => {
    for (const input of inputs) writeText(writer, node.input, input);
    for (const output of outputs) writeText(writer, node.output, output);
    writeText(writer, node.operator, operator);
    for (const [name, value] of Object.entries(attributes))
      writeMessage(writer, node.attribute, writtenAttribute(name, value));
  });
}

function writtenAttribute(name: string, value: AttributeValue): Uint8Array {
  return message((writer) => {
    writeText(writer, attribute.name, name);
    if (typeof value === 'number') {
      writeNumber(writer, attribute.integer, value);
      writeNumber(writer, attribute.type, attributeTypes.integer);
    } else if ('tensor' in value) {
      writeMessage(writer, attribute.tensor, value.tensor);
      writeNumber(writer, attribute.type, attributeTypes.tensor);
    } else {
      for (const each of value) writeNumber(writer, attribute.integers, each);
      writeNumber(writer, attribute.type, attributeTypes.integers);
    }
  });
}

function writtenTensor(
  elementType: ElementType,
  dims: readonly number[],
  { buffer }: Float32Array | BigInt64Array,
): Uint8Array {
  return message((writer) => {
    for (const dim of dims) writeNumber(writer, tensor.dimensions, dim);
    writeNumber(writer, tensor.dataType, elementTypes[elementType]);
    writer.tag(tensor.rawData, WireType.LengthDelimited).bytes(new Uint8Array(buffer));
  });
}

/** The description of an input or output; a text is a dimension that is free. null: the runtime finds out. */
export function writtenValue(
  name: string,
  elementType: ElementType,
  dims: readonly (number | string)[] | null,
): Uint8Array {
  const written = (dim: number | string) =>
    message((writer) =>
      typeof dim === 'number' ? writeNumber(writer, dimension.value, dim) : writeText(writer, dimension.parameter, dim),
    );
  const tensorMessage = message((writer) => {
    writeNumber(writer, tensorType.elementType, elementTypes[elementType]);
    if (dims === null) return;
    const shapeMessage = message((inner) => {
      for (const dim of dims) writeMessage(inner, shape.dimension, written(dim));
    });
    writeMessage(writer, tensorType.shape, shapeMessage);
  });
  return message((writer) => {
    writeText(writer, valueInfo.name, name);
    writeMessage(
      writer,
      valueInfo.type,
      message((inner) => writeMessage(inner, type.tensor, tensorMessage)),
    );
  });
}
