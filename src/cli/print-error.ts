import { errorRecord, MillraceError } from '../errors.ts';
import { formatError } from '../sql/format-error.ts';
import { viewError } from '../sql/program-view.ts';

/** The source of a program, in which errors show their place. */
export interface Source {
  readonly name: string;
  /** The text; once parameters have been inserted, with them. */
  readonly text: string;
}

/** An error as text for people, with its place in the SQL if it has one. A defect is shown as an internal error. */
export function errorText(error: unknown, source: Source | null): string {
  if (!(error instanceof MillraceError)) return errorText(defect(error), null);
  if (error.span !== undefined && source !== null) return formatError(error, source.text, source.name).trimEnd();
  return `error[${error.code}]: ${error.message}\n  ${error.hint}`;
}

/** An error as JSON for programs, with line and column if it has a place. */
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
