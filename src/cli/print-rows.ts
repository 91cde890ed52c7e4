import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { eachRow } from '../datasource/row-stream.ts';
import { MillraceError } from '../errors.ts';
import type { Column, Rows, Write } from '../formats/format.ts';
import { type FormatName, formats } from '../formats/formats.ts';
import { writeLine } from '../formats/json.ts';
import { forTerminal, type Output } from './output.ts';
import { formatRow, formatRows, longestCell, openTable } from './result-table.ts';

/** `table` is for people. */
export type RowFormat = 'table' | FormatName;

/** Writes all rows as they arrive, in constant memory. @param format `line`: JSON on one line */
export async function writeRows(rows: Rows, format: RowFormat | 'line'): Promise<void> {
  if (format in formats && formats[format as FormatName].isBinary && process.stdout.isTTY)
    throw new MillraceError('USAGE', `${format} is not text, and standard output is a terminal`, {
      hint: 'redirect standard output to a file or a program',
    });
  await pipeline(Readable.from(shown(writerOf(format)(rows))), process.stdout, { end: false });
}

function writerOf(format: RowFormat | 'line'): Write {
  if (format === 'table') return wholeTable;
  return format === 'line' ? writeLine : formats[format].write;
}

async function* shown(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | string> {
  const decoder = new TextDecoder();
  for await (const piece of pieces)
    yield process.stdout.isTTY ? forTerminal(decoder.decode(piece, { stream: true })) : piece;
}

/** Number of rows whose widths determine the columns' widths. */
const pageRows = 1000;

async function* wholeTable({ columns, batches }: Rows): AsyncGenerator<Uint8Array> {
  const format = openTable(columns.map(({ name }) => name));
  let page: (readonly unknown[])[] = [];
  let pages = 0;
  for await (const row of eachRow(batches)) {
    page.push(row);
    if (page.length < pageRows) continue;
    yield Buffer.from(`${format(readable(columns, page))}\n`);
    page = [];
    pages++;
  }
  if (pages === 0 && page.length === 1) yield Buffer.from(`${tableOf(columns, page)}\n`);
  else if (pages === 0 || page.length > 0) yield Buffer.from(`${format(readable(columns, page))}\n`);
}

/** Shows the first rows of a result as a table. @param most maximum number of rows shown; there may be more */
export async function printRows({ step, columns, batches, truncated }: Rows, id: string, output: Output, most: number) {
  const first: (readonly unknown[])[] = [];
  let more = truncated;
  for await (const row of eachRow(batches)) {
    if (first.length < most) first.push(row);
    else more = true;
  }
  if (output.json) return output.write({ step, columns, rows: first, truncated: more });
  output.line(tableOf(columns, first));
  if (more)
    output.line(
      `… only the first ${first.length} rows are shown; millrace result ${id} --step=${step} shows all stored rows`,
    );
}

/** Columns of a terminal, or of a wide one if standard output is none. */
const lineWidth = () => process.stdout.columns ?? 160;

/** One row that is too wide has a line for each column. */
function tableOf(columns: readonly Column[], rows: readonly (readonly unknown[])[]): string {
  const names = columns.map(({ name }) => name);
  const shown = readable(columns, rows);
  return shown.length === 1 ? formatRow(names, shown[0]!, lineWidth()) : formatRows(names, shown);
}

/** Values for people: binary ones, which are base64, in SQL's hexadecimal notation. */
function readable(columns: readonly Column[], rows: readonly (readonly unknown[])[]) {
  const readers = columns.map(({ type }) => (type === 'binary' ? hexOf : type === 'json' ? shortList : String));
  return rows.map((row) => row.map((value, i) => (typeof value === 'string' ? readers[i]!(value) : value)));
}

/** A list that a cell has no room for is told by its length. */
function shortList(json: string): string {
  if (json.length <= longestCell || !json.startsWith('[')) return json;
  const { length } = JSON.parse(json) as unknown[];
  return `[${length} ${length === 1 ? 'value' : 'values'}]`;
}

function hexOf(base64: string): string {
  return `0x${Buffer.from(base64, 'base64').toString('hex').toUpperCase()}`;
}
