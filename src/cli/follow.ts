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
 * Follows a statement to its end, shows the rows that its queries return, and how it ended. The first Ctrl-C cancels it, the
 * second leaves it.
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

/** What becomes of the rows that the statements of a program return. */
export interface ShownResults {
  /** Of the steps whose rows have been shown already. */
  readonly shown: ReadonlySet<string>;
  /** As many rows as are to be read; all if not given. */
  readonly limit?: number;
  show(rows: Rows): Promise<void>;
  /** Whether rows that were not kept are missing in what was shown. */
  readonly isWhole: boolean;
}

/** More than a person reads. */
const rowsShown = 1000;

/** For a person at the prompt. */
function firstRows(_service: Service, id: string, output: Output): ShownResults {
  return {
    shown: new Set(),
    limit: rowsShown + 1,
    isWhole: false,
    show: (rows) => printRows(rows, id, output, rowsShown),
  };
}

/** Has the listener called for each Ctrl-C, until the function that it returns is called. */
export type OnInterrupt = (listener: () => void) => () => void;

function onSignal(listener: () => void): () => void {
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => void process.off('SIGINT', listener).off('SIGTERM', listener);
}

/** A terminal's Ctrl-C arrives twice where a parent process hands it on, as bin/millrace.js does. */
const onePressMs = 500;

/** A statement may end before its cancellation arrives. */
function hasNotEnded(error: unknown): boolean {
  return !(error instanceof MillraceError && error.code === 'STATEMENT_BUSY');
}

/** The statement as it ended, null where it was left before; and the steps of which rows were not kept, and so not shown. */
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

/** Steps whose rows are there and have not been shown. */
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

/** Why it ended as it did; null: it does not say, or in words of another version. */
function errorOf({ error }: Statement): MillraceError | null {
  return errorOfRecord(error);
}
