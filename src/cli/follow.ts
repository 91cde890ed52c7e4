import { errorKinds, errorOfRecord, MillraceError } from '../errors.ts';
import type { Rows } from '../formats/format.ts';
import { hasEnded } from '../ledger/statement-states.ts';
import type { Service } from '../service/service.ts';
import type { Statement } from '../service/statement.ts';
import { drawLine } from './drawing.ts';
import type { Output } from './output.ts';
import { printRows } from './print-rows.ts';
import { resultCut } from './result-cut.ts';
import { summaryLines } from './summary.ts';

/**
 * Follows a statement to its end, and shows the rows that its queries return and how it ended. The first Ctrl-C cancels the statement, the
 * second stops following.
 * @returns the exit code
 */
export async function followStatement(
  service: Service,
  id: string,
  output: Output,
  { onInterrupt = onSignal, results = firstRows(service, id, output) }: FollowOptions = {},
): Promise<number> {
  const leaving = new AbortController();
  let askedAtMs: number | null = null;
  const interrupt = () => {
    if (askedAtMs === null) {
      askedAtMs = performance.now();
      service.cancel(id).catch((error) => hasNotEnded(error) && output.error(error));
    } else if (performance.now() - askedAtMs > onePressMs) {
      leaving.abort();
    }
  };
  const forget = onInterrupt(interrupt);
  try {
    const { last, cut } = await followEvents(service, id, output, results, leaving.signal);
    if (last === null) return errorKinds.cancelled.exitCode;
    const exitCode = showEnd(last, output);
    for (const step of cut) output.warn(await resultCut(service, id, step));
    return exitCode === 0 && cut.length > 0 ? errorKinds.run.exitCode : exitCode;
  } finally {
    forget();
  }
}

export interface FollowOptions {
  readonly onInterrupt?: OnInterrupt;
  readonly results?: ShownResults;
}

/** How the rows of a program's statements are shown. */
export interface ShownResults {
  /** Names of the steps whose rows have already been shown. */
  readonly shown: ReadonlySet<string>;
  /** Maximum number of rows to read. Default: all. */
  readonly limit?: number;
  show(rows: Rows): Promise<void>;
  /** Whether all rows were requested, so that rows that were not kept must be reported. */
  readonly isWhole: boolean;
}

/** More rows than a person reads. */
const rowsShown = 1000;

/** Shows the first rows, for a person at the prompt. */
function firstRows(_service: Service, id: string, output: Output): ShownResults {
  return {
    shown: new Set(),
    limit: rowsShown + 1,
    isWhole: false,
    show: (rows) => printRows(rows, id, output, rowsShown),
  };
}

/** Calls the listener for each Ctrl-C. @returns a function that ends this */
export type OnInterrupt = (listener: () => void) => () => void;

function onSignal(listener: () => void): () => void {
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => void process.off('SIGINT', listener).off('SIGTERM', listener);
}

/** A terminal's Ctrl-C arrives twice if a parent process forwards it, as bin/millrace.js does. */
const onePressMs = 500;

/** A statement may end before its cancellation arrives. */
function hasNotEnded(error: unknown): boolean {
  return !(error instanceof MillraceError && error.code === 'STATEMENT_BUSY');
}

/** @returns the ended statement (null: following was stopped earlier), and the steps of which rows were not kept, so not shown */
async function followEvents(
  service: Service,
  id: string,
  output: Output,
  { shown, limit, show, isWhole }: ShownResults,
  signal: AbortSignal,
): Promise<{ readonly last: Statement | null; readonly cut: readonly string[] }> {
  const drawing = drawLine(output.progress);
  const seen = new Set<string>();
  const cut: string[] = [];
  let last: Statement | null = null;
  for await (const statement of service.events(id, signal)) {
    last = statement;
    drawing.show(statement);
    for (const step of newRows(statement, seen)) {
      if (shown.has(step)) continue;
      drawing.clear();
      const rows = await service.rows(id, { step, ...(limit !== undefined && { limit }) });
      await show(rows);
      if (rows.truncated && isWhole) cut.push(step);
    }
  }
  drawing.end();
  return { last: last !== null && hasEnded(last) ? last : null, cut };
}

/** Steps whose rows are available and have not been shown. */
function newRows({ results, steps }: Statement, shown: Set<string>): readonly string[] {
  const ready = results
    .filter(
      ({ kind, step }) => kind === 'rows' && steps.some(({ name, state }) => name === step && state === 'succeeded'),
    )
    .map(({ step }) => step)
    .filter((step) => !shown.has(step));
  for (const step of ready) shown.add(step);
  return ready;
}

function showEnd(statement: Statement, output: Output): number {
  if (output.json) output.write(statement);
  else for (const line of summaryLines(statement)) output.note(line);
  const error = errorOf(statement);
  if (error !== null && statement.state !== 'cancelled' && !output.json) output.error(error);
  return exitCodeOfEnd(statement);
}

export function exitCodeOfEnd(statement: Statement): number {
  if (statement.state === 'succeeded') return 0;
  if (statement.state === 'cancelled') return errorKinds.cancelled.exitCode;
  return errorOf(statement)?.exitCode ?? errorKinds.run.exitCode;
}

/** The statement's error; null: it has none, or one that this version does not know. */
function errorOf({ error }: Statement): MillraceError | null {
  return errorOfRecord(error);
}
