import { pieces } from '../server/row-formats.ts';
import type { Rows } from './service.ts';

/** One document: `{"step", "columns", "rows": [[…]], "truncated"}`. */
export async function* jsonDocument({ step, columns, rows, truncated }: Rows): AsyncGenerator<string> {
  yield `{"step":${JSON.stringify(step)},"columns":${JSON.stringify(columns)},"rows":[`;
  let separator = '\n';
  for await (const piece of pieces(rows, (row) => {
    const text = `${separator}${JSON.stringify(row)}`;
    separator = ',\n';
    return text;
  }))
    yield piece;
  yield `\n],"truncated":${truncated}}\n`;
}
