import { type ErrorCode, errorTable, MillraceError } from '../../errors.ts';

/** What the server says of an error, as far as it is read here: src/server/problem.ts */
export interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly hint?: unknown;
  readonly position?: { readonly line: number; readonly column: number };
  readonly related?: readonly Problem[];
}

/** @param sql the program that the request carried, into which positions point; null: none */
export function errorOfProblem(problem: Problem, sql: string | null): MillraceError {
  const { code, position } = problem;
  const message = typeof problem.detail === 'string' ? problem.detail : 'the server does not say why';
  const hint = typeof problem.hint === 'string' ? problem.hint : undefined;
  if (!isKnown(code)) return new MillraceError('SERVER_INVALID', `the server says ${code}: ${message}`, { hint });
  const start = position === undefined || sql === null ? undefined : offsetOf(sql, position);
  return new MillraceError(code, message, {
    hint,
    span: start === undefined ? undefined : { start, end: start },
    related: problem.related?.map((each) => errorOfProblem(each, sql)),
  });
}

function isKnown(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** In UTF-16 units; the column counts code points. */
function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((length, each) => length + each.length + 1, 0);
  return before + [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length;
}
