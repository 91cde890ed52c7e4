import type { Rows } from '../service/service.ts';
import { pieces } from './row-formats.ts';

/** One document: `{"step", "columns", "rows": [[…]], "truncated"}`. */
export function jsonDocument(rows: Rows): AsyncGenerator<string> {
  return document(rows, '\n');
}

/** The same on one line. */
export function jsonLine(rows: Rows): AsyncGenerator<string> {
  return document(rows, '');
}

async function* document({ step, columns, rows, truncated }: Rows, lineEnd: string): AsyncGenerator<string> {
  yield `{"step":${JSON.stringify(step)},"columns":${JSON.stringify(columns)},"rows":[`;
  let separator = lineEnd;
  for await (const piece of pieces(rows, (row) => {
    const text = `${separator}${JSON.stringify(row)}`;
    separator = `,${lineEnd}`;
    return text;
  }))
    yield piece;
  yield `${lineEnd}],"truncated":${truncated}}\n`;
}
