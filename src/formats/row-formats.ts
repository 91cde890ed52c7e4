import { stringify } from 'csv-stringify/sync';
import type { ResultColumn, Row } from '../datasource/column-types.ts';

export interface Rows {
  readonly columns: readonly Pick<ResultColumn, 'name'>[];
  readonly rows: AsyncIterable<Row>;
}

/** An object for each row. */
export async function* ndjson({ columns, rows }: Rows): AsyncGenerator<string> {
  const names = distinct(columns.map(({ name }) => name));
  yield* pieces(
    rows,
    (row) => `${JSON.stringify(Object.fromEntries(row.map((value, index) => [names[index], value])))}\n`,
  );
}

/** https://www.rfc-editor.org/rfc/rfc4180; NULL is an empty field, an empty text is quoted. */
export async function* csv({ columns, rows }: Rows): AsyncGenerator<string> {
  yield stringify([columns.map(({ name }) => name)], { record_delimiter: 'windows' });
  yield* pieces(rows, (row) => stringify([row as unknown[]], { record_delimiter: 'windows', quoted_match: /^$/ }));
}

/** Rows together until there is enough to be worth a write. */
export async function* pieces(
  rows: AsyncIterable<readonly unknown[]>,
  write: (row: readonly unknown[]) => string,
): AsyncGenerator<string> {
  let piece = '';
  for await (const row of rows) {
    piece += write(row);
    if (piece.length < 32_768) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** An object has one value for each name: `id`, `id_2`. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
