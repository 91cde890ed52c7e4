import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** What an ONNX file says that the runtime's binding does not show. */
export interface OnnxFile {
  /** Its `metadata_props`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Files beside it that hold its weights, as it names them. */
  readonly externalFiles: ReadonlySet<string>;
  /** Whether it measures its values as it runs to quantise them: those of a whole batch together, so pictures change each other's. */
  readonly quantisesAsItRuns: boolean;
}

/** Numbers of fields in onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const model = { graph: 7, metadata: 14 };
const graph = { node: 1, initializer: 5 };
const node = { operator: 4, attribute: 5 };
const attribute = { tensor: 5, graph: 6, tensors: 10, graphs: 11 };
const tensor = { externalData: 13 };

/** @throws Error if the bytes are not a protobuf message */
export function readOnnxFile(bytes: Uint8Array): OnnxFile {
  const metadata = new Map<string, string>();
  const found: Found = { externalFiles: new Set(), operators: new Set() };
  eachField(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited) return false;
    else if (field === model.metadata) metadata.set(...readEntry(reader.bytes()));
    else if (field === model.graph) readGraph(reader.bytes(), found, 0);
    else return false;
    return true;
  });
  const quantisesAsItRuns = found.operators.has('DynamicQuantizeLinear');
  return { metadata, externalFiles: found.externalFiles, quantisesAsItRuns };
}

/** Reads a field, or answers false to have it skipped. */
type ReadField = (field: number, wireType: WireType, reader: BinaryReader) => boolean;

function eachField(bytes: Uint8Array, read: ReadField): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, wireType, reader)) reader.skip(wireType, field);
  }
}

function eachMessage(bytes: Uint8Array, read: Readonly<Record<number, (message: Uint8Array) => unknown>>): void {
  eachField(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited || read[field] === undefined) return false;
    read[field](reader.bytes());
    return true;
  });
}

/** Graphs in graphs; more than any exporter makes. */
const maxDepth = 32;

/** What graphs hold. */
interface Found {
  readonly externalFiles: Set<string>;
  readonly operators: Set<string>;
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
  const readNode = (message: Uint8Array) =>
    eachMessage(message, {
      [node.operator]: (name) => found.operators.add(Buffer.from(name).toString()),
      [node.attribute]: readAttribute,
    });
  eachMessage(bytes, { [graph.node]: readNode, [graph.initializer]: readTensor });
}

function noteExternalFile(bytes: Uint8Array, files: Set<string>): void {
  eachMessage(bytes, {
    [tensor.externalData]: (message) => {
      const [key, value] = readEntry(message);
      if (key === 'location') files.add(value);
    },
  });
}

function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const texts = ['', '', ''];
  eachField(bytes, (field, _, reader) => {
    if (field !== 1 && field !== 2) return false;
    texts[field] = reader.string();
    return true;
  });
  return [texts[1]!, texts[2]!];
}
