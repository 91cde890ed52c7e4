import { table } from 'table';
import { visibleLine } from '../visible-text.ts';

/** Formats rows as a table for people, with visible control characters and shortened long values. */
export function formatRows(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return formatTable(columns.map(cell), rows, numericColumns(columns, rows));
}

/** Formats the pages of one table. Only the first has a header; columns never get narrower. */
export function openTable(columns: readonly string[]): (rows: readonly (readonly unknown[])[]) => string {
  let widest: readonly string[] | null = null;
  let numeric: readonly boolean[] = [];
  return (rows) => {
    const first = widest === null;
    const head = widest ?? columns.map(cell);
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
  const text = table([[...head], ...rows.map((row) => row.map(cell))], {
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
    drawHorizontalLine: (line) => line === 1,
  });
  return text.replace(/(?<! ) +$/gm, '').replace(/\n$/, rows.length === 0 ? '(no rows)' : '');
}

const longest = 60;

function cell(value: unknown): string {
  const text = visibleLine(textOf(value));
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isNumeric(value: unknown): boolean {
  return value === null || typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
}
