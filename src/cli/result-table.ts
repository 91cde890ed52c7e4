import { table } from 'table';
import { visibleLine } from '../visible-text.ts';

/** Formats rows as a table for people, with visible control characters and shortened long values. */
export function formatRows(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return formatTable(
    columns.map((name) => cell(name)),
    rows,
    numericColumns(columns, rows),
  );
}

/** Formats one row as lines of a name and a value if its table is wider than `width`, as `\x auto` of psql does. */
export function formatRow(columns: readonly string[], row: readonly unknown[], width: number): string {
  const text = formatRows(columns, [row]);
  const [, line = ''] = text.split('\n');
  if (line.length <= width) return text;
  const names = columns.map((name) => cell(name));
  const left = width - Math.max(...names.map(({ length }) => length)) - padding;
  const lines = names.map((name, i) => [name, cell(row[i], Math.max(longestCell, left))]);
  return layOut(lines, [false, false], false);
}

/** Formats the pages of one table. Only the first has a header; columns never get narrower. */
export function openTable(columns: readonly string[]): (rows: readonly (readonly unknown[])[]) => string {
  let widest: readonly string[] | null = null;
  let numeric: readonly boolean[] = [];
  return (rows) => {
    const first = widest === null;
    const head = widest ?? columns.map((name) => cell(name));
    if (first) numeric = numericColumns(columns, rows);
    const text = formatTable(head, rows, numeric);
    widest = head.map((before, index) => rows.reduce((most, row) => longer(most, cell(row[index])), before));
    return first ? text : text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1);
  };
}

function longer(a: string, b: string): string {
  return b.length > a.length ? b : a;
}

function numericColumns(columns: readonly string[], rows: readonly (readonly unknown[])[]): readonly boolean[] {
  return columns.map((_, index) => rows.length > 0 && rows.every((row) => isNumeric(row[index])));
}

function formatTable(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  numeric: readonly boolean[],
): string {
  const text = layOut([head, ...rows.map((row) => row.map((value) => cell(value)))], numeric, true);
  return rows.length === 0 ? `${text}\n(no rows)` : text;
}

function layOut(cells: readonly (readonly string[])[], numeric: readonly boolean[], hasHead: boolean): string {
  const text = table(cells as string[][], {
    border: {
      topBody: '',
      topJoin: '',
      topLeft: '',
      topRight: '',
      bottomBody: '',
      bottomJoin: '',
      bottomLeft: '',
      bottomRight: '',
      bodyLeft: '',
      bodyRight: '',
      bodyJoin: ' ',
      joinBody: '─',
      joinLeft: '',
      joinRight: '',
      joinJoin: '─',
    },
    columns: numeric.map((right) => ({ alignment: right ? 'right' : 'left' })),
    drawHorizontalLine: (line) => hasHead && line === 1 && cells.length > 1,
  });
  return text.replace(/(?<! ) +$/gm, '').replace(/\n$/, '');
}

/** Characters; longer values are cut. */
export const longestCell = 60;

/** Blanks around the two cells of a line. */
const padding = 5;

function cell(value: unknown, most = longestCell): string {
  const text = visibleLine(textOf(value));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isNumeric(value: unknown): boolean {
  return value === null || typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
}
