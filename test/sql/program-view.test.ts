import { describe, expect, test } from 'vitest';
import { lexicalMode } from '../../src/sql/lexical-mode.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { answerLine, viewProgram } from '../../src/sql/program-view.ts';

const partsOf = (text: string) => viewProgram(parseProgram(text)).map(({ kind, parts }) => ({ kind, ...parts }));

describe('viewProgram', () => {
  test('shows a statement by kind, span and parts', () => {
    const text = 'SELECT a; SELECT a FROM t TO RUN i:1 CMD "x" WITH n = 1e9, m = [TRUE, null, f(x)] INTO d.r, s';
    expect(viewProgram(parseProgram(text))).toEqual([
      { kind: 'standard', span: { start: 0, end: 8 }, parts: { text: 'SELECT a' } },
      {
        kind: 'run',
        span: { start: 10, end: 93 },
        parts: {
          query: 'SELECT a FROM t',
          image: 'i:1',
          command: ['x'],
          attributes: { n: 1e9, m: [true, null, { expression: 'f(x)' }] },
          into: [
            { database: 'd', table: 'r' },
            { database: null, table: 's' },
          ],
        },
      },
    ]);
  });

  test.each([
    [
      'SELECT 1 TO TRAIN e WITH a=1 COLUMN x, * FOR deep COLUMN y LABEL "l" USING m INTO d.n',
      {
        kind: 'train',
        query: 'SELECT 1',
        estimator: 'e',
        attributes: { a: 1 },
        columns: [
          { name: 'deep', columns: [{ expression: 'x' }, { expression: '*' }] },
          { name: null, columns: [{ expression: 'y' }] },
        ],
        label: 'l',
        using: 'm',
        into: 'd.n',
      },
    ],
    [
      'SELECT 1 TO PREDICT d.t.c WITH a=1 USING h:1/m:v2',
      {
        kind: 'predict',
        query: 'SELECT 1',
        into: { database: 'd', table: 't', column: 'c' },
        attributes: { a: 1 },
        using: 'h:1/m:v2',
      },
    ],
    [
      'SELECT 1 TO PREDICT t.c USING m',
      {
        kind: 'predict',
        query: 'SELECT 1',
        into: { database: null, table: 't', column: 'c' },
        attributes: {},
        using: 'm',
      },
    ],
    [
      'SELECT 1 TO EXPLAIN m USING TreeExplainer INTO t',
      {
        kind: 'explain',
        query: 'SELECT 1',
        model: 'm',
        attributes: {},
        explainer: 'TreeExplainer',
        into: { database: null, table: 't' },
      },
    ],
    [
      'SELECT 1 TO EVALUATE m LABEL c INTO d.t',
      {
        kind: 'evaluate',
        query: 'SELECT 1',
        model: 'm',
        attributes: {},
        label: 'c',
        into: { database: 'd', table: 't' },
      },
    ],
    [
      'SELECT 1 TO FIND cat AND NOT (dog OR "hot dog" >= 2) WITH max_cost = 5 USING a, `b c` INTO d.t',
      {
        kind: 'find',
        query: 'SELECT 1',
        predicate: { expression: 'cat AND NOT (dog OR "hot dog" >= 2)' },
        attributes: { max_cost: 5 },
        models: ['a', 'b c'],
        into: { database: 'd', table: 't' },
      },
    ],
    [
      'SELECT 1 TO minimize SUM(a*b) CONSTRAINT a<=1, SUM(b) >= 2 GROUP BY g WITH v="x" USING glpk INTO t',
      {
        kind: 'optimize',
        query: 'SELECT 1',
        direction: 'minimize',
        objective: { expression: 'SUM(a * b)' },
        constraints: [
          { expression: { expression: 'a <= 1' }, groupBy: null },
          { expression: { expression: 'SUM(b) >= 2' }, groupBy: 'g' },
        ],
        attributes: { v: 'x' },
        solver: 'glpk',
        into: { database: null, table: 't' },
      },
    ],
    ['SHOW TRAIN d.m', { kind: 'showTrain', model: 'd.m' }],
    ['SHOW TRIALS d.m', { kind: 'showTrials', model: 'd.m' }],
  ])('%s', (text, parts) => {
    expect(partsOf(text)).toEqual([parts]);
  });
});

describe('answerLine', () => {
  const answer = (request: unknown) => JSON.parse(answerLine(JSON.stringify(request)));

  test('answers a program with its statements', () => {
    expect(answer({ id: 7, sql: 'SHOW TRAIN m' })).toEqual({
      id: 7,
      statements: [{ kind: 'showTrain', span: { start: 0, end: 12 }, parts: { model: 'm' } }],
    });
  });

  test('answers a wrong program with its error', () => {
    expect(answer({ id: 'a', sql: 'SELECT 1\nTO RUN i LABEL x' })).toEqual({
      id: 'a',
      error: {
        code: 'UNEXPECTED_CLAUSE',
        line: 2,
        column: 10,
        message: 'TO RUN has no LABEL',
        hint: 'its clauses are CMD, WITH, INTO',
      },
    });
  });

  test('reads a program in the mode of the session', () => {
    const line = JSON.stringify({ id: 1, sql: 'SELECT "a\\"; SELECT 2' });
    expect(JSON.parse(answerLine(line, lexicalMode('ANSI_QUOTES'))).statements).toHaveLength(2);
    expect(JSON.parse(answerLine(line)).error.code).toBe('UNCLOSED_STRING');
  });

  test('names the other errors of a program as related', () => {
    expect(answer({ id: 1, sql: 'TO RUN i; SELECT (1' }).error.related).toMatchObject([
      { code: 'UNCLOSED_BRACKET', column: 18 },
    ]);
  });

  test('answers a request without a text by its id', () => {
    expect(answer({ id: 3 })).toMatchObject({ id: 3, error: { code: 'INVALID_LINE' } });
  });

  test.each(['', '{', '[]', '1', 'null', '{"sql":2}'])('refuses the line %j', (line) => {
    expect(JSON.parse(answerLine(line))).toMatchObject({
      id: null,
      error: { code: 'INVALID_LINE', line: 1, column: 1 },
    });
  });
});
