import { MillraceError } from '../../../errors.ts';
import type { ColumnRow, ColumnValue } from '../../row-program.ts';
import type { TensorInput } from './read-tabular.ts';
import type { InputColumn, TabularSession } from './tabular-session.ts';

/** What the model says of a row. */
export interface RowPrediction {
  readonly values: readonly (number | bigint | string)[];
  /** Empty if they were not asked for, or the model has none. */
  readonly scores: readonly number[];
  /** Milliseconds: its share of its batch. */
  readonly inferMs: number;
}

/** Rows at once: more gain nothing, and take memory. */
export const rowsAtOnce = 1024;

/**
 * Runs the model over rows whose first values are its inputs.
 * @returns for each row what the model says, or why it cannot
 */
export async function predictRows(
  session: TabularSession,
  rows: readonly ColumnRow[],
  withScores: boolean,
): Promise<readonly (RowPrediction | MillraceError)[]> {
  const said: (RowPrediction | MillraceError)[] = [];
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    said.push(...(await predictBatch(session, rows.slice(from, from + rowsAtOnce), withScores)));
  return said;
}

/** A row that the runtime rejects, such as a text that is not a list, must not disturb the others. */
async function predictBatch(
  session: TabularSession,
  rows: readonly ColumnRow[],
  withScores: boolean,
): Promise<readonly (RowPrediction | MillraceError)[]> {
  const { inputs } = session.model;
  const unreadable = rows.map((row) => inputs.map((input, at) => problemOf(row[at]!, input)).find(isProblem) ?? null);
  const readable = rows.filter((_, at) => unreadable[at] === null);
  const said = readable.length === 0 ? [] : await run(session, readable, withScores).catch(isolate);
  let next = 0;
  return unreadable.map((problem) => problem ?? said[next++]!);

  async function isolate(error: unknown): Promise<readonly (RowPrediction | MillraceError)[]> {
    if (!(error instanceof MillraceError)) throw error;
    if (readable.length === 1) return [error];
    const half = Math.ceil(readable.length / 2);
    return [
      ...(await predictBatch(session, readable.slice(0, half), withScores)),
      ...(await predictBatch(session, readable.slice(half), withScores)),
    ];
  }
}

const isProblem = (problem: MillraceError | null) => problem !== null;

function problemOf(value: ColumnValue, { name, type }: TensorInput): MillraceError | null {
  if (value instanceof MillraceError) return value;
  if (type === 'float32' && value !== null && Math.abs(Math.fround(Number(value))) === Number.POSITIVE_INFINITY)
    return tooLarge(name, value);
  const isWhole = type === 'int32' || type === 'int64';
  if (!isWhole || (value !== null && Number.isFinite(value))) return null;
  const message = `the column '${name}' is NULL, and the model reads whole numbers there`;
  return new MillraceError('PREDICT_VALUE', message, { hint: 'select COALESCE of it and a number' });
}

function tooLarge(name: string, value: number | string): MillraceError {
  const message = `the column '${name}' has ${value}, and the model reads numbers up to 3.4e38`;
  return new MillraceError('PREDICT_VALUE', message, { hint: 'select a larger unit, or a logarithm, as in training' });
}

async function run(
  session: TabularSession,
  rows: readonly ColumnRow[],
  withScores: boolean,
): Promise<readonly RowPrediction[]> {
  const started = performance.now();
  const { inputs } = session.model;
  const columns = inputs.map((input, at) => columnOf(input, rows, at));
  const { values, scores } = await session.run(columns, rows.length, withScores);
  const inferMs = (performance.now() - started) / rows.length;
  const share = <T>(all: ArrayLike<T>, row: number) => {
    const width = all.length / rows.length;
    return Array.from({ length: width }, (_, at) => all[row * width + at]!);
  };
  return rows.map((_, row) => ({
    values: share(values, row),
    scores: scores === null ? [] : share(scores, row),
    inferMs,
  }));
}

/** NULL is NaN or an empty text, as in training. */
function columnOf({ kind }: TensorInput, rows: readonly ColumnRow[], at: number): InputColumn {
  if (kind === 'text') return rows.map((row) => (row[at] === null ? '' : String(row[at])));
  return Float64Array.from(rows, (row) => (row[at] === null ? Number.NaN : Number(row[at])));
}

/** A float32 in the fewest digits that stand for it; null: not a number that a table can have. */
export function shortNumber(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  if (Math.fround(value) !== value) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
