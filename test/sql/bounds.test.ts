import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../src/errors.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const query = 'SELECT 1 TO RUN i WITH v = ';

const errorsOf = (text: string) => {
  try {
    parseProgram(text);
    return [];
  } catch (error) {
    if (error instanceof MillraceError) return [error, ...error.related];
    throw error;
  }
};

const codesOf = (text: string) => errorsOf(text).map(({ code }) => code);

describe('the bound on nesting', () => {
  test.each([
    ['brackets of a query', (n: number) => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`],
    ['lists', (n: number) => query + '['.repeat(n - 1) + ']'.repeat(n - 1)],
    ['calls', (n: number) => `${query}${'f('.repeat(n - 1)}1${')'.repeat(n - 1)}`],
    ['a sum', (n: number) => `${query}1${'+1'.repeat(n - 1)}`],
    ['NOT', (n: number) => `${query}${'NOT '.repeat(n - 1)}a`],
    ['signs', (n: number) => `${query}${'-+'.repeat((n - 1) / 2)}a`],
  ])('of %s is 1000 levels', (_, nested) => {
    expect(codesOf(nested(999))).toEqual([]);
    expect(codesOf(nested(1003))).toEqual(['NESTING_TOO_DEEP']);
  });
});

describe('the bound on size', () => {
  test('of a statement is 16 Mi characters', () => {
    const statement = (length: number) => `SELECT '${'x'.repeat(length - 9)}'`;
    expect(codesOf(statement(16 * 1024 * 1024))).toEqual([]);
    expect(codesOf(`${statement(16 * 1024 * 1024 + 1)}; SELECT 2`)).toEqual(['STATEMENT_TOO_LONG']);
  });

  test('of the clauses of a statement is 20,000 tokens', () => {
    const list = (items: number) => `${query}[${Array(items).fill('1').join()}]`;
    expect(codesOf(list(9_990))).toEqual([]);
    expect(codesOf(`${list(10_000)}; SELECT (1`)).toEqual(['STATEMENT_TOO_LONG', 'UNCLOSED_BRACKET']);
  });

  test('of the errors of a program is 100', () => {
    expect(codesOf('TO RUN i;'.repeat(150))).toHaveLength(100);
    expect(codesOf('SELECT 1 TO RUN i i;'.repeat(150))).toHaveLength(100);
  });

  test('of the statements of a program is 5,000', () => {
    const program = (statements: number) => 'DO 1;\n'.repeat(statements);
    expect(codesOf(program(5_000))).toEqual([]);
    const [error, ...others] = errorsOf(`${program(5_000)}SELECT 2;${program(195_000)}'unclosed`);
    expect(error).toMatchObject({ code: 'PROGRAM_TOO_LONG', span: { start: 30_000, end: 30_001 } });
    expect(others).toEqual([]);
  });
});
