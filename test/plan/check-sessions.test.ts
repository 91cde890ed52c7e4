import { expect, it } from 'vitest';
import type { MillraceError } from '../../src/errors.ts';
import { checkSessions } from '../../src/plan/check-sessions.ts';
import { position } from '../../src/sql/format-error.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const run = (query: string) => `${query} TO RUN i CMD "x" INTO a;`;

function found(text: string, sharedSession = true): readonly string[] {
  const errors: MillraceError[] = [];
  checkSessions(parseProgram(text), sharedSession, (error) => void errors.push(error));
  return errors.map(({ code, message, span }) => {
    const { line, column } = position(text, span?.start ?? 0);
    expect(code).toBe('SESSION_NOT_SHARED');
    return `${line}:${column} ${message}`;
  });
}

const unseen = 'TO RUN, which has sessions of its own, does not see a temporary table';
const unreached = 'USE does not reach TO RUN, which has sessions of its own';
const isNull = (name: string) => `${name} is NULL here: the query before TO RUN has a session of its own`;

it.each([
  [`SET @n = 2;\n${run('SELECT * FROM t WHERE id <= @n')}`, [`2:29 ${isNull('@n')}`]],
  [run('SELECT * FROM t WHERE id <= @N AND @m'), [`1:29 ${isNull('@N')}`]],
  [`USE other;\n${run('SELECT * FROM t')}`, [`1:1 ${unreached}`]],
  [`DO 1; /* why */ use \`other\`;\n${run('SELECT * FROM t')}`, [`1:17 ${unreached}`]],
  [`CREATE TEMPORARY TABLE t AS SELECT 1; ${run('SELECT * FROM T')}`, [`1:1 ${unseen}`]],
  [
    `CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS d.\`a b\` (n INT); ${run('SELECT * FROM `a b`')}`,
    [`1:1 ${unseen}`],
  ],
])('what a worker would not see is refused: %s', (text, expected) => {
  expect(found(text)).toEqual(expected);
  expect(found(text, false)).toEqual(expect.arrayContaining(expected));
});

it.each([
  run('SELECT @n := @n + 1 AS n, t.* FROM t, (SELECT @n := 0) AS z'),
  run('SELECT @@version, t.* FROM t'),
  run("SELECT '@n', `@n` FROM t"),
  `${run('SELECT * FROM t')} USE other; SELECT @n`,
  `CREATE TEMPORARY TABLE u AS SELECT 1; ${run('SELECT * FROM t')}`,
  `CREATE TABLE t AS SELECT 1; ${run('SELECT * FROM t')}`,
  'SET @n = 2; SELECT @n; USE other; SELECT 1',
])('what it sees is not: %s', (text) => {
  expect(found(text)).toEqual([]);
});

it('without a session in common nothing may be set for a later statement', () => {
  const message =
    '1:1 on Argo each statement has a session of its own, and what this one sets there is gone for the next';
  for (const first of ['SET @n = 2', 'START TRANSACTION', 'CREATE TEMPORARY TABLE t (n INT)', 'USE other']) {
    expect(found(`${first}; INSERT INTO u SELECT 1`, false)).toEqual([message]);
    expect(found(`INSERT INTO u SELECT 1; ${first}`, false)).toEqual([]);
  }
  expect(found('CREATE TABLE t (n INT); INSERT INTO t VALUES (1); SELECT * FROM t', false)).toEqual([]);
});
