import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../src/errors.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import type { RunStatement, SqlStatement } from '../../src/sql/statement.ts';

const only = (text: string): SqlStatement => {
  const { statements } = parseProgram(text);
  expect(statements).toHaveLength(1);
  return statements[0] as SqlStatement;
};

const run = (clauses: string) => only(`SELECT a FROM t TO RUN ${clauses}`) as RunStatement;

const codesOf = (text: string) => {
  try {
    parseProgram(text);
  } catch (error) {
    if (error instanceof MillraceError) return [error, ...error.related].map(({ code }) => code);
    throw error;
  }
  return [];
};

describe('TO RUN', () => {
  test('keeps the query byte for byte, without TO and what surrounds it', () => {
    const text = "-- first\n(SELECT `TO run`, 'TO RUN' -- x\n FROM t\t)\n UNION SELECT 2  /* end */ TO RUN i";
    expect(only(text)).toMatchObject({
      query: { text: "(SELECT `TO run`, 'TO RUN' -- x\n FROM t\t)\n UNION SELECT 2", span: { start: 9, end: 66 } },
    });
  });

  test('reads every clause with its place in the text', () => {
    const text = `SELECT a FROM t TO RUN i:1 CMD "x", 'y' WITH n = 2 INTO d.r, s`;
    expect(only(text)).toEqual({
      kind: 'run',
      span: { start: 0, end: 62 },
      query: { text: 'SELECT a FROM t', span: { start: 0, end: 15 }, facts: expect.anything() },
      image: { text: 'i:1', name: 'i', tag: '1', digest: null, span: { start: 23, end: 26 } },
      command: [
        { kind: 'string', value: 'x', span: { start: 31, end: 34 } },
        { kind: 'string', value: 'y', span: { start: 36, end: 39 } },
      ],
      attributes: [
        {
          name: 'n',
          nameSpan: { start: 45, end: 46 },
          value: { kind: 'number', value: 2, text: '2', span: { start: 49, end: 50 } },
          span: { start: 45, end: 50 },
        },
      ],
      into: [
        { database: 'd', table: 'r', span: { start: 56, end: 59 } },
        { database: null, table: 's', span: { start: 61, end: 62 } },
      ],
    });
  });

  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  test.each([
    ['worker', { name: 'worker', tag: null, digest: null }],
    ['millrace/worker:1.0-rc.1', { name: 'millrace/worker', tag: '1.0-rc.1', digest: null }],
    ['registry.local:5000/a/b_c:latest', { name: 'registry.local:5000/a/b_c', tag: 'latest', digest: null }],
    [`"ghcr.io/a/b@${digest}"`, { name: 'ghcr.io/a/b', tag: null, digest }],
    [`a:v1@${digest}`, { name: 'a', tag: 'v1', digest }],
  ])('takes the image %s', (image, parts) => {
    expect(run(image).image).toMatchObject(parts);
  });

  test.each(['a:', 'a::b', 'a/b:c/d:e', 'a@sha256:12', '"a b"', 'a//b'])('refuses the image %s', (image) => {
    expect(codesOf(`SELECT 1 TO RUN ${image}`)).toEqual(['INVALID_IMAGE']);
  });

  test.each([
    [`'it''s'`, "it's"],
    [`"say ""hi"""`, 'say "hi"'],
    [String.raw`'a\n\t\'\\\0\x\%'`, "a\n\t'\\\0x\\%"],
    [`'TO RUN; -- no'`, 'TO RUN; -- no'],
    [`''`, ''],
  ])('resolves the string %s', (text, value) => {
    expect(run(`i CMD ${text}`).command.map((item) => item.value)).toEqual([value]);
  });

  test.each([
    ['.5', { kind: 'number', value: 0.5 }],
    ['+1', { kind: 'number', value: 1 }],
    ['-1e3', { kind: 'number', value: -1000 }],
    ['True', { kind: 'boolean', value: true }],
    ['null', { kind: 'null' }],
    ['[1, [2], "x"]', { kind: 'list', items: [{ value: 1 }, { items: [{ value: 2 }] }, { value: 'x' }] }],
    ['multi:softmax', { kind: 'expression', form: 'name', text: 'multi:softmax' }],
    ['f( a.b,-x )', { kind: 'expression', form: 'call', head: 'f', text: 'f(a.b, -x)' }],
    ['(1)', { kind: 'expression', form: 'bracket', text: '(1)' }],
  ])('reads the value %s', (text, value) => {
    expect(run(`i WITH v = ${text}`).attributes[0]?.value).toMatchObject(value);
  });

  test('binds AND tighter than OR, and NOT tighter than AND', () => {
    expect(run('i WITH v = a OR NOT b AND c < 1 + 2 * 3').attributes[0]?.value).toMatchObject({
      head: 'OR',
      operands: [
        { head: 'a' },
        {
          head: 'AND',
          operands: [
            { head: 'NOT', operands: [{ head: 'b' }] },
            { head: '<', operands: [{ head: 'c' }, { head: '+', operands: [{ value: 1 }, { head: '*' }] }] },
          ],
        },
      ],
    });
  });

  test('unquotes names', () => {
    expect(run('i WITH `a b`.`c``d` = 1 INTO `x.y`.`z`')).toMatchObject({
      attributes: [{ name: 'a b.c`d' }],
      into: [{ database: 'x.y', table: 'z' }],
    });
  });

  test('freezes everything', () => {
    const statement = run('i CMD "a" WITH v = [f(1)] INTO t');
    const isDeeplyFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen));
    expect(isDeeplyFrozen(parseProgram('SELECT 1; SELECT 1 TO RUN i'))).toBe(true);
    expect(isDeeplyFrozen(statement)).toBe(true);
  });
});

describe('standard SQL', () => {
  test.each([
    'RENAME TABLE a TO run, b TO train',
    'ALTER TABLE a RENAME COLUMN x TO run',
    'GRANT SELECT ON t TO explain',
    'CREATE EVENT e ON SCHEDULE AT NOW() DO RENAME TABLE a TO run',
    "SELECT 'TO RUN x', `TO`, t.to, @to run FROM t",
    'SELECT * FROM t FOR SYSTEM_TIME FROM @a TO @b',
    'SELECT /*+ NO_INDEX_MERGE(t) */ * FROM t /*! STRAIGHT_JOIN ; ( */',
    'WITH a AS (SELECT 1) SELECT RANK() OVER (ORDER BY x) FROM a UNION ALL SELECT 2',
    'SELECT "TO RUN ; x" /* ; TO RUN */',
    'SELECT 5--1',
    'WITH a AS (SELECT 1) DELETE FROM t',
    '/*!40101 SET NAMES utf8 */',
  ])('passes untouched: %s', (text) => {
    expect(parseProgram(` ${text} ; `).statements).toEqual([
      { kind: 'standard', text, span: { start: 1, end: 1 + text.length }, facts: expect.anything() },
    ]);
  });

  test('has the body of a stored program as one statement', () => {
    const body = [
      'CREATE PROCEDURE p(x INT) BEGIN',
      '  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END;',
      '  IF x = 1 THEN SELECT CASE x WHEN 1 THEN 2 END; END IF;',
      '  CASE x WHEN 1 THEN SELECT 1; ELSE BEGIN END; END CASE;',
      '  WHILE x < 3 DO SET x = x + 1; END WHILE;',
      'END',
    ].join('\n');
    expect(parseProgram(`${body}; SELECT 1`).statements).toMatchObject([{ text: body }, { text: 'SELECT 1' }]);
  });

  test('splits at semicolons outside of strings, names and comments', () => {
    const text = "SELECT ';'; # a;\nSELECT `;` -- ;\n;;; /* ; */ BEGIN; SELECT 1; COMMIT";
    expect(parseProgram(text).statements.map((each) => each.kind === 'standard' && each.text)).toEqual([
      "SELECT ';'",
      'SELECT `;` -- ;',
      'BEGIN',
      'SELECT 1',
      'COMMIT',
    ]);
  });

  test('has no statement in a text of comments and semicolons', () => {
    expect(parseProgram(' ; -- a\n;/* b */;#c').statements).toEqual([]);
  });
});

describe('errors', () => {
  test.each([
    'CREATE TABLE r AS SELECT 1',
    'INSERT INTO r SELECT 1',
    'EXPLAIN SELECT 1',
    'WITH a AS (SELECT 1) UPDATE t SET b = 1',
  ])('name the statement before TO that is not a query: %s', (text) => {
    expect(codesOf(`${text} TO RUN i`)).toEqual(['NOT_A_QUERY']);
  });

  test('of several statements come together, in the order of the text', () => {
    const text = 'SELECT 1 TO RUN i LABEL x; SELECT 2; SELECT 3 TO RNU x; SELECT 4 TO RUN i INTO a b; SELECT (5';
    expect(codesOf(text)).toEqual(['UNEXPECTED_CLAUSE', 'UNKNOWN_VERB', 'MISSING_COMMA', 'UNCLOSED_BRACKET']);
  });
});

describe('a stored program', () => {
  const body = 'CREATE FUNCTION f() RETURNS INT BEGIN IF 1 THEN RETURN CASE WHEN 1 THEN 2 END; END IF; RETURN 1; END';

  test.each([body, `${body};`, `${body} -- done`, `${body};\n/* done */`])('is one statement: %s', (text) => {
    expect(parseProgram(text).statements).toMatchObject([{ kind: 'standard', text: expect.stringContaining(body) }]);
  });

  test('may be the last of a program, and come before others', () => {
    expect(parseProgram(`${body}; SELECT f(); ${body}`).statements).toHaveLength(3);
  });

  test('without its END is refused', () => {
    expect(() => parseProgram('CREATE FUNCTION f() RETURNS INT BEGIN IF 1 THEN RETURN 2; END IF')).toThrow('no END');
    expect(() => parseProgram('CREATE PROCEDURE p() BEGIN BEGIN DO 1; END')).toThrow('no END');
  });
});

describe('a space that the database reads as a letter', () => {
  test.each([
    ['SELECT a FROM t\u00a0TO RUN i', 15],
    ['SELECT a FROM t TO\u00a0RUN i', 18],
    ['SELECT a FROM t TO RUN\u00a0i', 22],
    ['SELECT a FROM t\n\u3000TO RUN i', 16],
    ['SELECT\u00a0a FROM t', 6],
    ['SELECT a FROM t LIMIT 2\u00a0TO RUN i', 23],
    ['SELECT a FROM d.t\u00a0TO RUN i', 17],
  ])('%j is shown at its place', (text, start) => {
    expect(() => parseProgram(text)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_CHARACTER', span: { start, end: start + 1 } }),
    );
  });

  test.each([
    "SELECT 'a\u00a0TO RUN'",
    'SELECT `a\u00a0TO` FROM t',
    'SELECT a\u00a0b FROM t',
    'RENAME TABLE a\u00a0TO run',
  ])('%j is left to the database', (text) => {
    expect(parseProgram(text).statements).toHaveLength(1);
  });
});
