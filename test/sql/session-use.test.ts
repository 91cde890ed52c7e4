import { expect, it } from 'vitest';
import { changesSession, onlyReads } from './facts-of.ts';

it.each([
  'SELECT 1',
  ' -- why\n/* not */ # so\n select 1',
  '(SELECT 1) UNION (SELECT 2)',
  'WITH a AS (SELECT 1) SELECT * FROM a',
  'SHOW TABLES',
  'DESC t',
  'EXPLAIN SELECT 1',
])('%s only reads', (sql) => {
  expect([onlyReads(sql), changesSession(sql)]).toEqual([true, false]);
});

it.each([
  'INSERT INTO t SELECT 1',
  "SELECT * INTO OUTFILE 'x' FROM t",
  '/*! DELETE FROM t */',
  '/*M!100101 DELETE FROM t */',
  'selections',
  'CALL p()',
])('%s may do more than read', (sql) => {
  expect(onlyReads(sql)).toBe(false);
});

it.each([
  'SET @a = 1',
  'use other',
  'START TRANSACTION',
  'BEGIN',
  'LOCK TABLES t READ',
  'CREATE TEMPORARY TABLE t (i INT)',
  'CREATE OR REPLACE TEMPORARY TABLE t (i INT)',
  'SELECT 1 INTO @a',
  'SELECT @a := 1',
  'PREPARE s FROM "SELECT 1"',
  'CALL p()',
  '/*!40101 SET NAMES utf8 */',
])('%s may change the session', (sql) => {
  expect(changesSession(sql)).toBe(true);
});

it.each(['CREATE TABLE t (i INT)', 'INSERT INTO settings VALUES (1)', 'UPDATE t SET i = 1', 'DROP TABLE used'])(
  '%s does not change the session',
  (sql) => {
    expect(changesSession(sql)).toBe(false);
  },
);
