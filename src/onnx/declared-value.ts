import { WireType } from '@bufbuild/protobuf/wire';
import { dimension, type ElementType, elementTypes, shape, tensorType, type, valueInfo } from './onnx-fields.ts';
import { eachField, eachMessage, textOf } from './protobuf.ts';

/** An input or output as the file declares it. */
export interface DeclaredValue {
  readonly name: string;
  /** null: not a tensor of a type that models of pictures have. */
  readonly type: ElementType | null;
  /** A text is a free dimension. null: the file does not declare all dimensions. */
  readonly dims: readonly (number | string)[] | null;
}

/** Reads a ValueInfoProto. */
export function readDeclaredValue(bytes: Uint8Array): DeclaredValue {
  let declared: DeclaredValue = { name: '', type: null, dims: null };
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

function readTensorType(bytes: Uint8Array): Pick<DeclaredValue, 'type' | 'dims'> {
  let elementType: ElementType | null = null;
  let dims: DeclaredValue['dims'] = null;
  eachField(bytes, (field, wireType, reader) => {
    if (field === tensorType.elementType && wireType === WireType.Varint) elementType = typeOfNumber(reader.int32());
    else if (field === tensorType.shape && wireType === WireType.LengthDelimited) dims = readShape(reader.bytes());
    else return false;
    return true;
  });
  return { type: elementType, dims };
}

function typeOfNumber(number: number): ElementType | null {
  const names = Object.keys(elementTypes) as ElementType[];
  return names.find((name) => elementTypes[name] === number) ?? null;
}

function readShape(bytes: Uint8Array): DeclaredValue['dims'] {
  const dims: (number | string)[] = [];
  eachMessage(bytes, { [shape.dimension]: (message) => dims.push(readDimension(message)) });
  return dims.every((dim) => (typeof dim === 'string' ? dim !== '' : dim > 0)) ? dims : null;
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
