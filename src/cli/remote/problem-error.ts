import { errorOfRecord, type MillraceError } from '../../errors.ts';

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
  const start = position === undefined || sql === null ? undefined : offsetOf(sql, position);
  const details = {
    span: start === undefined ? undefined : { start, end: start },
    related: problem.related?.map((each) => errorOfProblem(each, sql)),
  };
  const record = { code, message, hint: problem.hint };
  const ofNewerServer = { ...record, code: 'SERVER_INVALID', message: `the server says ${code}: ${message}` };
  return errorOfRecord(record, details) ?? errorOfRecord(ofNewerServer)!;
}

/** In UTF-16 units; the column counts code points. */
function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((length, each) => length + each.length + 1, 0);
  return before + [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length;
}
