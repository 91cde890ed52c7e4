import { quoteName } from '../../datasource/identifiers.ts';
import type { OutputColumn } from '../../programs/contract.ts';
import type { RowProgram } from '../row-program.ts';
import type { ProcessedRows } from './processed-rows.ts';
import { columnTypes } from './result-table.ts';

type Shape = Pick<RowProgram, 'numbering' | 'columns'>;

/** The outputs of rows as SQL and text: one value of a prepared statement, which the server takes apart. */
export function outputsTable({ numbering, columns }: Shape): string {
  const values = [
    ...(numbering === null ? [] : [`${quoteName(numbering)} FOR ORDINALITY`]),
    ...columns.map(
      ({ name, type }, index) => `${quoteName(name)} ${typeInText[type] ?? columnTypes[type]} PATH '$[${index}]'`,
    ),
  ];
  return `JSON_TABLE(?, '$[*]' COLUMNS (row_id BIGINT UNSIGNED PATH '$[0]', NESTED PATH '$[1][*]' COLUMNS (${values.join(', ')})))`;
}

/** Types that a value has in the text, if not that of its column: JSON comes as its text. */
const typeInText: Partial<typeof columnTypes> = { json: 'LONGTEXT' };

/** Characters of a text; a character takes up to 4 bytes, and the least `max_allowed_packet` in use is 16 MiB. */
const longestText = 2 ** 21;

/** The texts that `outputsTable` takes: `[[row,[[value,…],…]],…]`. None where no row has outputs. */
export function* outputsTexts({ rows, outcomes }: ProcessedRows, { columns }: Shape): Generator<string> {
  const writers = columns.map(writerOf);
  let text = '';
  for (const [index, outcome] of outcomes.entries()) {
    if ('error' in outcome || outcome.outputs.length === 0) continue;
    text += `${text === '' ? '[' : ','}[${rows[index]!.row},[`;
    for (const [number, values] of outcome.outputs.entries()) {
      text += number === 0 ? '[' : ',[';
      for (let at = 0; at < writers.length; at++) text += (at === 0 ? '' : ',') + writers[at]!(values[at]!);
      text += ']';
    }
    text += ']]';
    if (text.length < longestText) continue;
    yield `${text}]`;
    text = '';
  }
  if (text !== '') yield `${text}]`;
}

type Writer = (value: string | number | null) => string;

/** A model's float32 has about seven digits; the rest would be noise in the table. */
function writerOf(column: OutputColumn): Writer {
  const write = valueWriter(column);
  return column.nullable ? (value) => (value === null ? 'null' : write(value)) : write;
}

function valueWriter(column: OutputColumn): Writer {
  if ('decimals' in column) {
    const { decimals } = column;
    return decimals === null ? String : (value) => (value as number).toFixed(decimals);
  }
  if (column.type === 'count' || column.type === 'whole') return String;
  if (column.type === 'json') return (value) => JSON.stringify(value);
  const written = new Map<string | number | null, string>();
  return (value) => {
    const known = written.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(String(value).toWellFormed());
    if (written.size < mostKept) written.set(value, text);
    return text;
  };
}

/** Names of classes repeat. */
const mostKept = 1000;
