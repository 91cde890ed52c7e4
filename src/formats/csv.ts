import { pieces, type Rows } from './format.ts';

/**
 * https://www.rfc-editor.org/rfc/rfc4180; NULL is an empty field, an empty string is quoted. csv-stringify needs four times as long for a
 * row.
 */
export async function* write({ columns, batches }: Rows): AsyncGenerator<Uint8Array> {
  yield Buffer.from(line(columns.map(({ name }) => name)));
  yield* pieces(batches, line);
}

function line(values: readonly unknown[]): string {
  let text = '';
  for (let index = 0; index < values.length; index++)
    text += index === 0 ? field(values[0]) : `,${field(values[index])}`;
  return `${text}\r\n`;
}

function field(value: unknown): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  return value === '' || needsQuotes.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

const needsQuotes = /[",\r\n]/;
