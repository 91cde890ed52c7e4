import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

const metadataProps = 14;

/**
 * The `metadata_props` of an ONNX file, which the runtime's binding does not show: field 14 of ModelProto, entries of
 * `{1: key, 2: value}` (onnx.proto).
 *
 * @throws Error if the bytes are not a protobuf message
 */
export function readMetadata(model: Uint8Array): Map<string, string> {
  const entries = new Map<string, string>();
  const reader = new BinaryReader(model);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === metadataProps && wireType === WireType.LengthDelimited) entries.set(...readEntry(reader.bytes()));
    else reader.skip(wireType, field);
  }
  return entries;
}

function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const texts = ['', '', ''];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 || field === 2) texts[field] = reader.string();
    else reader.skip(wireType, field);
  }
  return [texts[1]!, texts[2]!];
}

const nameEntry = /(?:['"]?(\d+)['"]?\s*:\s*)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/gs;

/** Class names by class id, from a Python or JSON literal: `{0: 'person', 1: 'bicycle'}` or `['person', 'bicycle']`. */
export function parseClassNames(literal: string): string[] {
  const names: string[] = [];
  for (const [, id, single, double] of literal.matchAll(nameEntry)) {
    names[id === undefined ? names.length : Number(id)] = (single ?? double ?? '').replace(/\\(.)/gs, '$1');
  }
  return Array.from(names, (name, id) => name ?? `class ${id}`);
}

/** The numbers of a literal such as `640`, `[640, 640]`. */
export function parseNumbers(literal: string): number[] {
  return (literal.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
}
