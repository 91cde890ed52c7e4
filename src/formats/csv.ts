import { stringify } from 'csv-stringify/sync';
import { pieces, type Rows } from './format.ts';

/** https://www.rfc-editor.org/rfc/rfc4180; NULL is an empty field, an empty string is quoted. */
export async function* write({ columns, rows }: Rows): AsyncGenerator<Uint8Array> {
  yield Buffer.from(stringify([columns.map(({ name }) => name)], { record_delimiter: 'windows' }));
  yield* pieces(rows, (row) => stringify([row as unknown[]], { record_delimiter: 'windows', quoted_match: /^$/ }));
}
