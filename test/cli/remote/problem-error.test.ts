import { expect, it } from 'vitest';
import { errorText } from '../../../src/cli/print-error.ts';
import { errorOfProblem } from '../../../src/cli/remote/problem-error.ts';
import { MillraceError } from '../../../src/errors.ts';
import { problemOf } from '../../../src/server/problem.ts';
import { parseProgram } from '../../../src/sql/parse.ts';

const wrong = (sql: string): MillraceError => {
  try {
    parseProgram(sql);
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('it is right');
};

it.each([
  'SELECT 1 TO RUM x;',
  'SELECT *\nFROM `t` -- 😀\n  /* 日本 */ TO RUM x',
  "SELECT 1 TO RUM x; SELECT 2 TO RUM y; SELECT 'open",
])('is printed as the error of the server: %j', (sql) => {
  const error = wrong(sql);
  const problem = JSON.parse(JSON.stringify(problemOf(error, sql)));
  const source = { name: 'statement', text: sql };
  expect(errorText(errorOfProblem(problem, sql), source)).toBe(errorText(error, source));
  expect(errorText(error, source)).toContain('^');
});

it('keeps code, message and hint of an error without a place', () => {
  const error = new MillraceError('STATEMENT_BUSY', 'it is running', { hint: 'wait' });
  expect(errorOfProblem(problemOf(error, null), null)).toMatchObject({ ...error });
});

it('reports an unknown code of a newer server with its message', () => {
  expect(errorOfProblem({ code: 'BRAND_NEW', detail: 'something else', hint: 'read on' }, null)).toMatchObject({
    code: 'SERVER_INVALID',
    message: 'the server reports BRAND_NEW: something else',
    hint: 'read on',
  });
});
