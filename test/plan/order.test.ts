import { describe, expect, test } from 'vitest';
import { orderStatements } from '../../src/plan/order.ts';
import { parseProgram } from '../../src/sql/parse.ts';

function order(text: string, views: readonly string[] = []): readonly (readonly number[])[] {
  return orderStatements(parseProgram(text).statements, views);
}

const run = (from: string, into: string) => `SELECT * FROM ${from} TO RUN i CMD "x" INTO ${into};`;

describe('statements of a program', () => {
  test.each([
    ['runs that share only what they read stand side by side', run('images', 'a') + run('images', 'b'), [[], []]],
    ['a run waits for the table that it reads', run('images', 'a') + run('a', 'b'), [[], [0]]],
    ['a run waits for who reads the table that it writes', run('a', 'b') + run('images', 'a'), [[], [0]]],
    ['two runs into one table keep their order', run('x', 'a') + run('y', 'a'), [[], [0]]],
    ['the database of a table is not looked at', run('images', 'd1.a') + run('`d2`.`A`', 'b'), [[], [0]]],
    ['standard statements keep their order', 'SELECT 1; SELECT 2; SELECT 3', [[], [0], [1]]],
    [
      'a query waits for the run whose result it reads',
      `${run('images', 'a')}SELECT 1; SELECT * FROM a`,
      [[], [], [0, 1]],
    ],
    [
      'INSERT writes its target and reads the rest',
      `INSERT INTO a SELECT * FROM c; ${run('c', 'b')}${run('a', 'd')}`,
      [[], [], [0]],
    ],
    [
      'CREATE TABLE … AS too',
      `CREATE TABLE IF NOT EXISTS d.a AS SELECT * FROM c; ${run('c', 'b')}${run('a', 'e')}`,
      [[], [], [0]],
    ],
    ['UPDATE may write any table that it names', `UPDATE a JOIN c USING (i) SET a.x = 1; ${run('c', 'b')}`, [[], [0]]],
    ['WITH before DELETE is not a query', `WITH q AS (SELECT 1) DELETE FROM a; ${run('a', 'b')}`, [[], [0]]],
    [
      'SET is waited for by all, and waits for all',
      `${run('x', 'a')}${run('y', 'b')}SET @v = 1; ${run('z', 'c')}`,
      [[], [], [0, 1], [2]],
    ],
    [
      'so is what the server reads in a comment',
      `${run('x', 'a')}SELECT /*! SQL_NO_CACHE */ 1; ${run('z', 'c')}`,
      [[], [0], [1]],
    ],
    ['a string may be a name where the server says so', `${run('x', 'a')}SELECT * FROM "a"`, [[], [0]]],
  ])('%s', (_, text, expected) => {
    expect(order(text)).toEqual(expected);
  });

  test('a view may read anything', () => {
    expect(order(run('x', 'a') + run('summary', 'b'), ['summary'])).toEqual([[], [0]]);
  });

  test('each dependency is listed once, however long the chain', () => {
    const text = Array.from({ length: 50 }, (_, index) => run(`t${index}`, `t${index + 1}`)).join('');
    expect(order(text)).toEqual(Array.from({ length: 50 }, (_, index) => (index === 0 ? [] : [index - 1])));
  });
});
