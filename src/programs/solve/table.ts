import { MillraceError } from '../../errors.ts';
import { columnsOf, type Problem } from './problem.ts';

/** The selected rows by columns. A name is null for NULL. */
export interface Table {
  readonly rows: number;
  readonly numbers: Readonly<Record<string, Float64Array>>;
  readonly names: Readonly<Record<string, readonly (string | null)[]>>;
}

/**
 * The rows as columns.
 * @param valuesOf the texts of a row's values, in the order of `columnsOf`; null: NULL
 * @throws {MillraceError} PROBLEM_DATA for a value that is not a number, and for two rows with the same keys
 */
export function readTable(
  problem: Problem,
  rows: number,
  valuesOf: (row: number) => readonly (string | null)[],
): Table {
  const columns = columnsOf(problem);
  const numbers = columns.numbers.map(() => new Float64Array(rows));
  const names = columns.names.map(() => new Array<string | null>(rows));
  for (let row = 0; row < rows; row++) {
    const values = valuesOf(row);
    for (const [index, column] of names.entries()) column[row] = values[numbers.length + index]!;
    for (const [index, column] of numbers.entries()) column[row] = numberOf(values[index]!);
  }
  const table = {
    rows,
    numbers: Object.fromEntries(columns.numbers.map((name, index) => [name, numbers[index]!])),
    names: Object.fromEntries(columns.names.map((name, index) => [name, names[index]!])),
  };
  for (const [index, column] of numbers.entries()) {
    const wrong = column.findIndex(Number.isNaN);
    if (wrong >= 0) throw notANumber(columns.numbers[index]!, valuesOf(wrong)[index]!, rowText(problem, table, wrong));
  }
  checkKeys(problem, table);
  return table;
}

/** NaN if it is not one. */
function numberOf(text: string | null): number {
  if (text === null || !/^[-+.\deE]+$/.test(text)) return Number.NaN;
  const number = Number(text);
  return Number.isFinite(number) ? number : Number.NaN;
}

function notANumber(column: string, value: string | null, row: string): MillraceError {
  const shown = value === null ? 'NULL' : `'${shortened(value)}'`;
  const message = `the column ${column} has ${shown} instead of a number in the row ${row}`;
  const hint = value === null ? `add WHERE ${column} IS NOT NULL, or COALESCE(${column}, …)` : 'correct the value';
  return new MillraceError('PROBLEM_DATA', message, { hint });
}

function checkKeys(problem: Problem, table: Table): void {
  const seen = new Set<string>();
  for (let row = 0; row < table.rows; row++) {
    const key = JSON.stringify(problem.keys.map((name) => table.names[name]![row]));
    if (seen.has(key)) throw sameKeys(problem, rowText(problem, table, row));
    seen.add(key);
  }
}

function sameKeys({ variable, keys }: Problem, row: string): MillraceError {
  const message = `two rows have ${row}, so that ${variable}(${keys.join(', ')}) is not one variable`;
  return new MillraceError('PROBLEM_DATA', message, { hint: 'name more columns in variables, or correct the query' });
}

/** `plants = 'plantA', markets = 'marketB'` */
export function rowText({ keys }: Problem, { names }: Table, row: number): string {
  return keys.map((name) => nameText(name, names[name]![row]!)).join(', ');
}

/** `plants = 'plantA'` */
export function nameText(column: string, value: string | null): string {
  return value === null ? `${column} = NULL` : `${column} = '${shortened(value)}'`;
}

const longest = 60;

const shortened = (text: string) => (text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text);
