import { table } from 'table';
import { visibleLine } from '../visible-text.ts';

/** Rows as a table for people: control characters made visible, long values cut. */
export function formatRows(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const numeric = columns.map((_, index) => rows.length > 0 && rows.every((row) => isNumeric(row[index])));
  const text = table([columns.map(cell), ...rows.map((row) => row.map(cell))], {
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
