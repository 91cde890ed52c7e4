import type { Output } from './output.ts';
import { formatRows } from './result-table.ts';
import type { ResultColumn, Rows } from './service.ts';

/** Shows the first rows of a result: as a table, or as one JSON line. @param most how many at most; `rows` may have more */
export async function printRows({ step, columns, rows, truncated }: Rows, id: string, output: Output, most: number) {
  const shown: (readonly unknown[])[] = [];
  let more = truncated;
  for await (const row of rows) {
    if (shown.length < most) shown.push(row);
    else more = true;
  }
  if (output.json) return output.write({ step, columns, rows: shown, truncated: more });
  output.line(tableOf(columns, shown));
  if (more) output.line(`… the first ${shown.length} rows; millrace result ${id} --step=${step} has what is kept`);
}

/** Binary values as the hexadecimal that SQL writes, not as the base64 that they come in. */
function tableOf(columns: readonly ResultColumn[], rows: readonly (readonly unknown[])[]): string {
  const binary = columns.map(({ type }) => type === 'binary');
  return formatRows(
    columns.map(({ name }) => name),
    rows.map((row) => row.map((value, index) => (binary[index] && typeof value === 'string' ? hexOf(value) : value))),
  );
}

function hexOf(base64: string): string {
  return `0x${Buffer.from(base64, 'base64').toString('hex').toUpperCase()}`;
}
