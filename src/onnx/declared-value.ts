import { WireType } from '@bufbuild/protobuf/wire';
import { dimension, type ElementType, elementTypes, shape, tensorType, type, valueInfo } from './onnx-fields.ts';
import { eachField, eachMessage, textOf } from './protobuf.ts';

/** An input or output as the file declares it. */
export interface DeclaredValue {
  readonly name: string;
  /** null: not a tensor, or of a type that no model of ours has. */
  readonly type: ElementType | null;
  /** A text is a free dimension. null: the file does not declare all dimensions. */
  readonly dims: readonly (number | string)[] | null;
  /** The same with an empty text for each dimension that is not declared; null: not even their number is. */
  readonly shape: readonly (number | string)[] | null;
}

/** Reads a ValueInfoProto. */
export function readDeclaredValue(bytes: Uint8Array): DeclaredValue {
  let declared: DeclaredValue = { name: '', type: null, dims: null, shape: null };
  const readType = (message: Uint8Array) => {
    declared = { ...declared, ...readTensorType(message) };
  };
  eachMessage(bytes, {
    [valueInfo.name]: (name) => {
      declared = { ...declared, name: textOf(name) };
    },
    [valueInfo.type]: (message) => eachMessage(message, { [type.tensor]: readType }),
  });
  return declared;
}

function readTensorType(bytes: Uint8Array): Omit<DeclaredValue, 'name'> {
  let elementType: ElementType | null = null;
  const found: { shape: DeclaredValue['shape'] } = { shape: null };
  eachField(bytes, (field, wireType, reader) => {
    if (field === tensorType.elementType && wireType === WireType.Varint) elementType = typeOfNumber(reader.int32());
    else if (field === tensorType.shape && wireType === WireType.LengthDelimited)
      found.shape = readShape(reader.bytes());
    else return false;
    return true;
  });
  const isDeclared = found.shape?.every((dim) => (typeof dim === 'string' ? dim !== '' : dim > 0)) ?? false;
  return { type: elementType, dims: isDeclared ? found.shape : null, shape: found.shape };
}

function typeOfNumber(number: number): ElementType | null {
  const names = Object.keys(elementTypes) as ElementType[];
  return names.find((name) => elementTypes[name] === number) ?? null;
}

function readShape(bytes: Uint8Array): readonly (number | string)[] {
  const dims: (number | string)[] = [];
  eachMessage(bytes, { [shape.dimension]: (message) => dims.push(readDimension(message)) });
  return dims;
}

/** An empty text: nothing is declared. */
function readDimension(bytes: Uint8Array): number | string {
  let dim: number | string = '';
  eachField(bytes, (field, wireType, reader) => {
    if (field === dimension.value && wireType === WireType.Varint) dim = Number(reader.int64());
    else if (field === dimension.parameter && wireType === WireType.LengthDelimited) dim = reader.string();
    else return false;
    return true;
  });
  return dim;
}
