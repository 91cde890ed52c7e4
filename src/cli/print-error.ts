import { errorRecord, MillraceError } from '../errors.ts';
import { formatError } from '../sql/format-error.ts';
import { viewError } from '../sql/program-view.ts';

/** The source of a program: where its errors point to. */
export interface Source {
  readonly name: string;
  /** With its parameters, once they are written in. */
  readonly text: string;
}

/** What a person reads of an error: with its place in the SQL where it has one. Defects show no more than that they are one. */
export function errorText(error: unknown, source: Source | null): string {
  if (!(error instanceof MillraceError)) return errorText(defect(error), null);
  if (error.span !== undefined && source !== null) return formatError(error, source.text, source.name).trimEnd();
  return `error[${error.code}]: ${error.message}\n  ${error.hint}`;
}

/** The same for machines: with line and column where it has a place. */
export function errorJson(error: unknown, source: Source | null): object {
  const known = error instanceof MillraceError ? error : defect(error);
  if (known.span !== undefined && source !== null) return viewError(known, source.text);
  return errorRecord(known);
}

export function exitCodeOf(error: unknown): number {
  return error instanceof MillraceError ? error.exitCode : defect(error).exitCode;
}

function defect(cause: unknown): MillraceError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('INTERNAL', `internal error: ${what}`, {
    hint: 'please report it with the statement; MILLRACE_DEBUG=1 shows where',
    cause,
  });
}
