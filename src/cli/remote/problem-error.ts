import { errorOfRecord, type MillraceError } from '../../errors.ts';

/** The fields of the server's errors that are read here: src/server/problem.ts */
export interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly hint?: unknown;
  readonly position?: { readonly line: number; readonly column: number };
  readonly related?: readonly Problem[];
}

/** @param sql the program in the request, to which positions refer; null: none */
export function errorOfProblem(problem: Problem, sql: string | null): MillraceError {
  const { code, position } = problem;
  const message = typeof problem.detail === 'string' ? problem.detail : 'the server gives no reason';
  const start = position === undefined || sql === null ? undefined : offsetOf(sql, position);
  const details = {
    span: start === undefined ? undefined : { start, end: start },
    related: problem.related?.map((each) => errorOfProblem(each, sql)),
  };
  const record = { code, message, hint: problem.hint };
  const ofNewerServer = { ...record, code: 'SERVER_INVALID', message: `the server reports ${code}: ${message}` };
  return errorOfRecord(record, details) ?? errorOfRecord(ofNewerServer)!;
}

/** Offset in UTF-16 units; the column counts code points. */
function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((length, each) => length + each.length + 1, 0);
  return before + [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length;
}
