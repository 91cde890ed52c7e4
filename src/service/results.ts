import { eachRow } from '../datasource/row-stream.ts';
import { pageTable, streamTable } from '../datasource/table-rows.ts';
import { MillraceError } from '../errors.ts';
import type { Rows } from '../formats/format.ts';
import { readResultBatches } from '../ledger/results.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import type { TableTarget } from '../task.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Datasource } from './datasource.ts';
import type { ServedDatasource } from './served-datasource.ts';
import type { AnsweredStatement } from './small-read.ts';
import type { ResultPage, Statement } from './statement.ts';
import { intoOf } from './statement-view.ts';

type Reference = Statement['results'][number];
type Row = readonly unknown[];

/** One result of a statement, and the place of its rows. */
export interface Result {
  readonly statement: string;
  readonly reference: Reference;
  /** Table with the rows; null if they are stored in the system schema. */
  readonly table: TableTarget | null;
}

const defaultRows = 1000;
/** Maximum size of a page as JSON, so that pages of wide rows have fewer rows. */
const pageBytes = 4 * 2 ** 20;

/** @throws {MillraceError} NO_RESULT */
export function resultOf(status: StatementStatus, results: readonly Reference[], step: string | undefined): Result {
  const reference = step === undefined ? results.at(-1) : results.find((each) => each.step === step);
  if (reference === undefined) {
    const what = step === undefined ? 'no rows' : `no rows of ${step}`;
    throw new MillraceError('NO_RESULT', `the statement ${status.id} is ${status.state} and has ${what}`, {
      hint:
        results.length === 0
          ? 'read the rows after their step has succeeded'
          : `use a step that has rows: ${results.map((each) => each.step).join(', ')}`,
    });
  }
  const planned = status.plan.steps.find(({ name }) => name === reference.step)!;
  return { statement: status.id, reference, table: reference.kind === 'table' ? intoOf(planned) : null };
}

/** The first page of the last result; null if there is none, or it no longer exists. */
export async function lastResult(
  datasource: Datasource,
  status: StatementStatus,
  results: readonly Reference[],
): Promise<ResultPage | null> {
  if (results.length === 0) return null;
  try {
    return await resultPage(datasource, resultOf(status, results, undefined), {});
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'RESULT_GONE') return null;
    throw error;
  }
}

export interface Page {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export async function resultPage(datasource: Datasource, result: Result, page: Page): Promise<ResultPage> {
  return result.table === null ? keptPage(datasource, result, page) : tablePage(datasource, result.table, result, page);
}

async function keptPage(
  { pool, schema }: Datasource,
  { statement, reference }: Result,
  { limit = defaultRows, cursor }: Page,
): Promise<ResultPage> {
  const from = cursor === undefined ? 0 : rowOf(cursor);
  const range = { from, limit: Math.min(limit, (reference.rows ?? 0) - from) };
  const rows: Row[] = [];
  let bytes = 0;
  for await (const row of eachRow(readResultBatches(pool, schema, { statement, step: reference.step }, range))) {
    rows.push(row);
    bytes += JSON.stringify(row).length;
    if (bytes > pageBytes) break;
  }
  const end = from + rows.length;
  const next = rows.length > 0 && end < (reference.rows ?? 0) ? writeCursor({ row: end }) : null;
  const { step, columns, truncated } = reference;
  return { step, columns: columns ?? [], rows: rows as unknown[][], next, truncated };
}

/** The first page of a small query. */
export function answeredPage({ status, result: { columns, rows } }: AnsweredStatement): ResultPage {
  const first = rows.slice(0, defaultRows).map((row) => JSON.parse(row));
  const next = first.length < rows.length ? writeCursor({ row: first.length }) : null;
  return { step: status.steps[0]!.name, columns: [...columns], rows: first, next, truncated: false };
}

function rowOf(cursor: string): number {
  const { row } = readCursor(cursor);
  if (typeof row === 'number' && Number.isSafeInteger(row) && row >= 0) return row;
  throw new MillraceError('INVALID_CURSOR', 'the cursor does not belong to this result');
}

async function tablePage(
  { tables }: Datasource,
  table: TableTarget,
  { reference }: Result,
  { limit = defaultRows, cursor }: Page,
): Promise<ResultPage> {
  const { columns, rows, next } = await pageTable(tables, table, { after: cursor ?? null, limit }).catch(
    throwGone(table),
  );
  return {
    step: reference.step,
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows: rows as unknown[][],
    next,
    truncated: false,
  };
}

/** All rows, read no faster than they are consumed. */
export async function resultRows(
  { streams, schema }: Pick<ServedDatasource, 'streams' | 'schema'>,
  { statement, reference, table }: Result,
  signal: AbortSignal,
): Promise<Rows> {
  const { step, truncated } = reference;
  if (table !== null)
    return { step, truncated, ...(await streamTable(streams.tables, table, signal).catch(throwGone(table))) };
  const batches = readResultBatches(streams.system, schema, { statement, step }, {});
  return { step, truncated, columns: reference.columns ?? [], batches };
}

function throwGone({ database, table }: TableTarget): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof MillraceError) || error.code !== 'QUERY_FAILED') throw error;
    const name = database === null ? table : `${database}.${table}`;
    throw new MillraceError('RESULT_GONE', `the table ${name} no longer exists`, {
      cause: error,
    });
  };
}
