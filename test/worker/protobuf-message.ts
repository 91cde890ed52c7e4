import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export const len = WireType.LengthDelimited;

export function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

export function nested(writer: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  writer.tag(field, len).bytes(message(write));
}
