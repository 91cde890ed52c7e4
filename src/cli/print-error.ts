import { MillraceError } from '../errors.ts';
import { formatError } from '../sql/format-error.ts';

/** The source of a program: where its errors point to. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** What a person reads of an error: with its place in the SQL where it has one. Defects show no more than that they are one. */
export function errorText(error: unknown, source: Source | null): string {
  if (!(error instanceof MillraceError)) return errorText(defect(error), null);
  if (error.span !== undefined && source !== null) return formatError(error, source.text, source.name);
  const hint = error.hint === undefined ? '' : `\n  ${error.hint}`;
  return `error[${error.code}]: ${error.message}${hint}`;
}

export function errorJson(error: unknown): Record<string, unknown> {
  const known = error instanceof MillraceError ? error : defect(error);
  const { code, message, hint, span, related } = known;
  return { code, message, hint, span, related: related?.map(errorJson) };
}

export function exitCodeOf(error: unknown): number {
  return error instanceof MillraceError ? error.exitCode : defect(error).exitCode;
}

function defect(cause: unknown): MillraceError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('INTERNAL', `something that should not happen: ${what}`, {
    hint: 'please report it with the statement; MILLRACE_DEBUG=1 shows where',
    cause,
  });
}
