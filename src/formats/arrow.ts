import { AsyncByteQueue, Field, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct } from 'apache-arrow';
import { arrowColumn } from './arrow-columns.ts';
import { distinct, type Rows } from './format.ts';

/** https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format, with a record batch for each batch of rows. */
export async function* write({ columns, batches }: Rows): AsyncGenerator<Uint8Array> {
  const names = distinct(columns.map(({ name }) => name));
  const kinds = columns.map(arrowColumn);
  const fields = kinds.map(({ type }, index) => new Field(names[index]!, type, true));
  const schema = new Schema(fields);
  const sink = new Collected();
  const writer = new RecordBatchStreamWriter().reset(sink, schema);
  yield* sink.take();
  for await (const rows of batches) {
    const children = kinds.map(({ vectorOf }, index) => vectorOf(rows.map((row) => row[index])));
    const data = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children });
    writer.write(new RecordBatch(schema, data));
    yield* sink.take();
  }
  writer.close();
  yield* sink.take();
}

/** A queue never makes its writer wait: what one batch has written is taken before the next is read. */
class Collected extends AsyncByteQueue {
  private pieces: Uint8Array[] = [];

  override write(bytes: ArrayBufferView): void {
    if (bytes.byteLength > 0) this.pieces.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  take(): readonly Uint8Array[] {
    const taken = this.pieces;
    this.pieces = [];
    return taken.length === 0 ? [] : [Buffer.concat(taken)];
  }
}
