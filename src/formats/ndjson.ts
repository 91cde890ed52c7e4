import { distinct, pieces, type Rows } from './format.ts';

/** One object per row and line. */
export async function* write({ columns, batches }: Rows): AsyncGenerator<Uint8Array> {
  const names = distinct(columns.map(({ name }) => name));
  const starts = names.map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  yield* pieces(batches, (row) => {
    let text = '';
    for (let index = 0; index < starts.length; index++) text += starts[index] + json(row[index]);
    return starts.length === 0 ? '{}\n' : `${text}}\n`;
  });
}

/** What JSON.stringify returns, faster for most strings. */
function json(value: unknown): string {
  return typeof value === 'string' && !needsEscapes.test(value) ? `"${value}"` : JSON.stringify(value);
}

const needsEscapes = /["\\\u0000-\u001f\u007f-\uffff]/;
