import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Reads a field, or answers false to have it skipped. */
export type ReadField = (field: number, wireType: WireType, reader: BinaryReader) => boolean;

export function eachField(bytes: Uint8Array, read: ReadField): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, wireType, reader)) reader.skip(wireType, field);
  }
}

export function eachMessage(bytes: Uint8Array, read: Readonly<Record<number, (message: Uint8Array) => unknown>>): void {
  eachField(bytes, (field, wireType, reader) => {
    if (wireType !== WireType.LengthDelimited || read[field] === undefined) return false;
    read[field](reader.bytes());
    return true;
  });
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** A field as it is written, with its tag. */
export interface Field {
  readonly number: number;
  /** Of a message or a text; else empty. */
  readonly content: Uint8Array;
  readonly written: Uint8Array;
}

/** The fields of a message, as parts of its bytes. */
export function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    const content = wireType === WireType.LengthDelimited ? reader.bytes() : new Uint8Array();
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType, number);
    fields.push({ number, content, written: bytes.subarray(start, reader.pos) });
  }
  return fields;
}

/** A message of the fields that `write` adds. */
export function message(write: (writer: BinaryWriter) => unknown): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

/** The tag and the length of a message with so many bytes. */
export function messageHeader(field: number, length: number): Uint8Array {
  return message((writer) => writer.tag(field, WireType.LengthDelimited).uint32(length));
}

export function writeMessage(writer: BinaryWriter, field: number, content: Uint8Array): void {
  writer.tag(field, WireType.LengthDelimited).bytes(content);
}

export function writeText(writer: BinaryWriter, field: number, text: string): void {
  writer.tag(field, WireType.LengthDelimited).string(text);
}

export function writeNumber(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}
