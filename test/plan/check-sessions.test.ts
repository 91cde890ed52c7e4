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

const unseen = 'TO RUN uses its own sessions and cannot see a temporary table';
const unreached = 'USE has no effect on TO RUN, which uses its own sessions';
const isNull = (name: string) => `${name} is NULL here: the query before TO RUN runs in its own session`;

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
])('refuses session state that a worker would not see: %s', (text, expected) => {
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
])('accepts what a worker sees: %s', (text) => {
  expect(found(text)).toEqual([]);
});

const missed = '1:1 on Argo each statement runs in its own session, so later statements do not see what this one sets';

it.each([
  'START TRANSACTION',
  'CREATE TEMPORARY TABLE t (n INT)',
  'USE other',
  'LOCK TABLES u WRITE',
  "PREPARE s FROM 'DO 1'",
  'SET SESSION time_zone = 1',
  "/* so */ set @@sql_mode = ''",
])('refuses session state that a later statement needs when sessions are not shared: %s', (first) => {
  expect(found(`${first}; INSERT INTO u SELECT 1`, false)).toEqual([
    missed.replace('1:1', first.startsWith('/*') ? '1:10' : '1:1'),
  ]);
  expect(found(`INSERT INTO u SELECT 1; ${first}`, false)).toEqual([]);
  expect(found(`${first}; INSERT INTO u SELECT 1`)).toEqual([]);
});

it.each([
  'SET @n = 2; SELECT @m := 3, @m; DO 1',
  'SELECT 1 INTO @a; SELECT 1, 2 INTO @a, @b; SET @x = 1, @y = @x',
  'DO 1; /* so */ SET @n /* it is */ = 2; SELECT 1 INTO /* here */ @a',
  'CALL p(@out); DO 1',
  "SET NAMES utf8mb4; SET GLOBAL max_connections = 9; BEGIN NOT ATOMIC DO 1; END; LOAD DATA INFILE 'x' INTO TABLE t (@a) SET n = @a; DO 1",
  'CREATE TABLE t (n INT); INSERT INTO t VALUES (1); SELECT * FROM t',
])('accepts what no later statement needs when sessions are not shared: %s', (text) => {
  expect(found(text, false)).toEqual([]);
});

it.each([
  ['SET @n = 2; INSERT INTO t VALUES (@n)', '1:35', '@n'],
  ['DO 1; SET @a = @b', '1:16', '@b'],
  ["CALL p(@out); SELECT '@in', @out", '1:29', '@out'],
  ['DO 1; EXECUTE s USING @n', '1:23', '@n'],
])('refuses a variable when sessions are not shared: %s', (text, place, name) => {
  expect(found(text, false)).toEqual([`${place} ${name} is NULL here: on Argo each statement runs in its own session`]);
  expect(found(text)).toEqual([]);
});

it('takes time linear in the length of the text', () => {
  const list = (length: number) => run(`SELECT ${'@a, '.repeat(length)}1 FROM t`);
  expect(found(list(100_000))).toEqual([`1:8 ${isNull('@a')}`]);
  expect(found(`${'CREATE TEMPORARY TABLE u (n INT); '.repeat(2500)}${run('SELECT 1 FROM t').repeat(2500)}`)).toEqual(
    [],
  );
  expect(found(`${'SET @a = 1; '.repeat(2000)}${run('SELECT 1 FROM t').repeat(2000)}`, false)).toEqual([]);
});
