import { describe, expect, it } from 'vitest';
import { tableReferences } from '../../src/sql/facts/facts.ts';

const read = (query: string) =>
  tableReferences(query).map(({ database, table }) => (database === null ? table : `${database}.${table}`));

describe('the tables that a query reads', () => {
  it.each<[string, readonly string[]]>([
    ['SELECT 1', []],
    ['SELECT own FROM t', ['t']],
    ['SELECT own, t2 FROM db.t, `d b`.`t 2` AS own', ['db.t', 'd b.t 2']],
    [
      'SELECT a.own FROM a JOIN b ON a.own = b.own LEFT JOIN c USING (own) WHERE a.x IN (SELECT x FROM d)',
      ['a', 'b', 'c', 'd'],
    ],
    [
      'SELECT (SELECT MAX(x) FROM inner_t) FROM outer_t GROUP BY own, x ORDER BY own, t LIMIT 1, 2',
      ['inner_t', 'outer_t'],
    ],
    ['SELECT EXTRACT(YEAR FROM own), TRIM(LEADING own FROM own) FROM t', ['t']],
    ['SELECT * FROM (a, b) JOIN (c STRAIGHT_JOIN d)', ['a', 'b', 'c', 'd']],
    ['SELECT * FROM (SELECT x FROM a WHERE x = own) AS own, b', ['a', 'b']],
    ['SELECT * FROM a USE INDEX (own, x), b PARTITION (own)', ['a', 'b']],
    ['TABLE a', ['a']],
    ['(SELECT * FROM a) UNION ALL (TABLE b)', ['a', 'b']],
    ["SELECT 'FROM a' /* FROM b */ FROM c -- FROM d", ['c']],
    ['SELECT 1 /*! FROM a */ /*!50000 , own */', ['a', 'own']],
    ['SELECT * FROM JSON_TABLE(a.doc, "$" COLUMNS (x INT PATH "$")) AS j, seq', ['seq']],
    ['SELECT * FROM { OJ a LEFT OUTER JOIN b ON TRUE }', ['a', 'b']],
    ['SELECT STRAIGHT_JOIN own FROM a', ['a']],
    ['SELECT x FROM a GROUP BY x WITH ROLLUP', ['a']],
    ['SELECT * FROM "a"', ['a']],
    ['WITH own AS (SELECT * FROM a) SELECT * FROM own', ['a']],
    ['WITH own AS (SELECT * FROM own) SELECT * FROM own', ['own']],
    ['WITH RECURSIVE own (n) AS (SELECT 1 UNION SELECT n FROM own) SELECT * FROM own', []],
    ['WITH a AS (SELECT 1), b AS (SELECT * FROM a, c) SELECT * FROM b, a, db.a', ['c', 'db.a']],
    ['SELECT * FROM (WITH own AS (SELECT 1) SELECT * FROM own) AS x, own', ['own']],
  ])('%s', (query, tables) => {
    expect(read(query)).toEqual(tables);
  });

  it('are found in time linear in the length', () => {
    for (const query of ['('.repeat(100_000), 'WITH '.repeat(50_000), `SELECT * FROM ${'a,'.repeat(50_000)}b`]) {
      expect(tableReferences(query).length).toBeLessThan(60_000);
    }
  });
});
