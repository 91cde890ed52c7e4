/** Numbers of fields in onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
export const model = { graph: 7, opset: 8, metadata: 14 };
export const graph = { node: 1, initializer: 5, input: 11, output: 12 };
export const node = { input: 1, output: 2, operator: 4, attribute: 5 };
export const opset = { domain: 1, version: 2 };
export const valueInfo = { name: 1, type: 2 };
export const type = { tensor: 1 };
export const tensorType = { elementType: 1, shape: 2 };
export const shape = { dimension: 1 };
export const dimension = { value: 1, parameter: 2 };
export const attribute = { name: 1, integer: 3, tensor: 5, graph: 6, integers: 8, tensors: 10, graphs: 11, type: 20 };
/** AttributeProto.AttributeType */
export const attributeTypes = { integer: 2, tensor: 4, integers: 7 };
/** StringStringEntryProto */
export const entry = { key: 1, value: 2 };
export const tensor = { dimensions: 1, dataType: 2, name: 8, int64s: 7, rawData: 9, externalData: 13 };
/** TensorProto.DataType, by the runtime's names */
export const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, float64: 11 };

export type ElementType = keyof typeof elementTypes;
