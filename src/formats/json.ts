import { pieces, type Rows } from './format.ts';

/** One document: `{"step", "columns", "rows": [[…]], "truncated"}`. */
export function write(rows: Rows): AsyncGenerator<Uint8Array> {
  return document(rows, '\n');
}

/** The same on one line. */
export function writeLine(rows: Rows): AsyncGenerator<Uint8Array> {
  return document(rows, '');
}

async function* document({ step, columns, batches, truncated }: Rows, lineEnd: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`{"step":${JSON.stringify(step)},"columns":${JSON.stringify(columns)},"rows":[`);
  let separator = lineEnd;
  yield* pieces(batches, (row) => {
    const text = `${separator}${JSON.stringify(row)}`;
    separator = `,${lineEnd}`;
    return text;
  });
  yield Buffer.from(`${lineEnd}],"truncated":${truncated}}\n`);
}
