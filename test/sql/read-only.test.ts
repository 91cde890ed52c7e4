import { describe, expect, it, test } from 'vitest';
import { parseProgram } from '../../src/sql/parse.ts';
import { checkReadOnly } from '../../src/sql/read-only.ts';
import { servers, useDatabase } from '../database.ts';

type Server = (typeof servers)[number]['name'];

/** What readers may run; where only one of the servers knows it, on which. */
const allowed: readonly (readonly [sql: string, only?: Server])[] = [
  ['SELECT 1'],
  ['select * from t where a = 1'],
  ['(SELECT a FROM t) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 3'],
  ['((SELECT 1))'],
  ['/* a */ -- b\nSELECT /* INTO OUTFILE */ 1 # INTO OUTFILE'],
  ["SELECT 'INTO OUTFILE', 'it''s', 'a\\'b INTO'"],
  ['SELECT "DELETE FROM t"'],
  ['SELECT 1 AS `INTO`, t.a AS `update` FROM t'],
  ['SELECT words.update, words . `into` FROM words'],
  ["SELECT REPLACE('a', 'b', 'c'), INSERT('abc', 1, 1, 'x'), replace ('a','b','c')"],
  ['SELECT a, COUNT(*) OVER (PARTITION BY b) FROM t GROUP BY a, b HAVING a > 0'],
  ['SELECT @a, @@version'],
  ['SELECT SQL_NO_CACHE 1.5e0, .5, 1., 0x1F, 1e-5'],
  ['SELECT * FROM t JOIN words USING (a)'],
  ['SELECT CURRENT_TIMESTAMP, DATABASE(), VERSION()'],
  ['SELECT deleted, updated, into_x FROM words'],
  ['SELECT * FROM v'],
  ['SELECT IS_FREE_LOCK("a")'],
  ['SELECT "a\\"b" AS c'],
  ['SELECT 0x41INTO, 1into, a.5into FROM (SELECT 1 AS `0x41INTO`, 2 AS `1into`, 3 AS `5into`) AS a'],
  ['SELECT 1 --\x7f INTO OUTFILE'],
  ['SELECT 1 --'],
  ['WITH c AS (SELECT 1 AS a) SELECT * FROM c'],
  ['WITH RECURSIVE c AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM c WHERE a < 3) SELECT * FROM c'],
  ['VALUES (1), (2)', 'MariaDB'],
  ['VALUES ROW(1), ROW(2)', 'MySQL'],
  ['TABLE t', 'MySQL'],
  ['SELECT * FROM history FOR SYSTEM_TIME ALL', 'MariaDB'],
  ['SHOW TABLES'],
  ["SHOW FULL COLUMNS FROM t LIKE 'a%'"],
  ['SHOW CREATE TABLE t'],
  ['SHOW CREATE PROCEDURE p'],
  ["SHOW VARIABLES LIKE 'version'"],
  ['SHOW INDEX FROM t'],
  ['DESCRIBE t'],
  ['DESC t a'],
  ['DESCRIBE SELECT 1'],
  ['EXPLAIN SELECT * FROM t'],
  ['EXPLAIN FORMAT=JSON SELECT * FROM t'],
  ['EXPLAIN EXTENDED SELECT 1', 'MariaDB'],
  ['EXPLAIN FORMAT=TREE SELECT 1', 'MySQL'],
  ['EXPLAIN WITH c AS (SELECT 1 AS a) SELECT * FROM c'],
];

/**
 * What they may not, why, and what a READ ONLY transaction of an administrator does with it on MariaDB: an error, or nothing, so
 * that `checkReadOnly` alone holds it up.
 */
const refused: readonly (readonly [sql: string, message: string, outcome: string])[] = [
  ["SELECT a FROM t INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 'x' INTO DUMPFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 1.0INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 1e0INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 1.INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT .5INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 1e-5INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 'x'INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 1 /* */ into/**/outfile '{file}'", 'the statement contains INTO', 'runs'],
  ["(SELECT 1 INTO OUTFILE '{file}')", 'the statement contains INTO', 'ER_PARSE_ERROR'],
  ["SELECT 1 UNION SELECT 2 INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["WITH c AS (SELECT 1) SELECT * FROM c INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ['SELECT 1 INTO @a', 'the statement contains INTO', 'runs'],
  ["VALUES (1) INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ['SELECT @a := 1', ':= sets a variable', 'runs'],
  ['SELECT @a:=@a+1 FROM t', ':= sets a variable', 'runs'],
  ['SELECT * FROM t FOR UPDATE', 'the statement contains UPDATE', 'READ ONLY'],
  ['SELECT * FROM t FOR /**/ UPDATE SKIP LOCKED', 'the statement contains UPDATE', 'READ ONLY'],
  ['SELECT * FROM t WHERE a=1.0FOR UPDATE', 'the statement contains UPDATE', 'READ ONLY'],
  ['SELECT * FROM t LOCK IN SHARE MODE', 'the statement contains LOCK IN', 'runs'],
  ['SELECT * FROM t FOR SHARE', 'the statement contains FOR SHARE', 'ER_PARSE_ERROR'],
  ["SELECT /*!50000 1 INTO OUTFILE '{file}' */", 'the server executes the contents of /*! */', 'runs'],
  ["SELECT 1 /*M! INTO OUTFILE '{file}' */", 'the server executes the contents of /*! */', 'runs'],
  ['/*!50000 DELETE FROM t */', 'this is not a query', 'READ ONLY'],
  ['SELECT "\\" INTO OUTFILE \'{file}\' -- "', 'the statement contains INTO', 'runs'],
  ["SELECT 1.e1INTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT \\NINTO OUTFILE '{file}'", 'the statement contains INTO', 'runs'],
  ["SELECT 1 --\x7f '\nINTO OUTFILE '{file}' -- '", 'the statement contains INTO', 'runs'],
  ["SELECT 1 --\x01 '\nINTO OUTFILE '{file}' -- '", 'the statement contains INTO', 'runs'],
  [
    "SELECT 5 1.e-- 1 INTO OUTFILE '{file}'",
    'the servers do not agree on where this number or text ends',
    'ER_PARSE_ERROR',
  ],
  ["SELECT 'a\\' INTO OUTFILE '{file}' -- '", 'the statement contains INTO', 'ER_PARSE_ERROR'],
  ["SELECT GET_LOCK('a', 0)", 'GET_LOCK changes what others see', 'runs'],
  ["SELECT `get_lock` ('a', 0)", 'GET_LOCK changes what others see', 'runs'],
  ["SHOW VARIABLES WHERE GET_LOCK('a', 0)", 'GET_LOCK changes what others see', 'runs'],
  ['SELECT RELEASE_ALL_LOCKS()', 'RELEASE_ALL_LOCKS changes what others see', 'runs'],
  ['SELECT NEXTVAL(s)', 'NEXTVAL changes what others see', 'READ ONLY'],
  ['SELECT NEXT VALUE FOR s', 'the statement contains NEXT VALUE', 'READ ONLY'],
  ['SELECT SETVAL(s, 100)', 'SETVAL changes what others see', 'READ ONLY'],
  ['INSERT INTO t VALUES (1, "x")', 'INSERT is not a query', 'READ ONLY'],
  ['REPLACE t VALUES (1, "x")', 'REPLACE is not a query', 'READ ONLY'],
  ['UPDATE t SET a = 2', 'UPDATE is not a query', 'READ ONLY'],
  ['DELETE FROM t', 'DELETE is not a query', 'READ ONLY'],
  ['WITH c AS (SELECT 1 AS a) DELETE FROM t', 'the statement contains DELETE', 'ER_PARSE_ERROR'],
  ['WITH c AS (SELECT 1 AS a) UPDATE t SET a = 2', 'the statement contains UPDATE', 'ER_PARSE_ERROR'],
  ['TRUNCATE t', 'TRUNCATE is not a query', 'runs'],
  ["LOAD DATA INFILE '{file}' INTO TABLE t", 'LOAD is not a query', 'READ ONLY'],
  ['CREATE TABLE x (a INT)', 'CREATE is not a query', 'runs'],
  ['CREATE TEMPORARY TABLE x AS SELECT 1', 'CREATE is not a query', 'READ ONLY'],
  ['ALTER TABLE t ADD c INT', 'ALTER is not a query', 'runs'],
  ['DROP TABLE t', 'DROP is not a query', 'runs'],
  ['RENAME TABLE t TO u', 'RENAME is not a query', 'runs'],
  ['CREATE INDEX i ON t (a)', 'CREATE is not a query', 'runs'],
  ['OPTIMIZE TABLE t', 'OPTIMIZE is not a query', 'runs'],
  ['ANALYZE TABLE t', 'ANALYZE is not a query', 'runs'],
  ['ANALYZE SELECT * FROM t', 'ANALYZE is not a query', 'runs'],
  ['ANALYZE FORMAT=JSON SELECT * FROM t', 'ANALYZE is not a query', 'runs'],
  ['EXPLAIN ANALYZE SELECT 1', 'EXPLAIN ANALYZE runs the statement', 'ER_PARSE_ERROR'],
  ['EXPLAIN UPDATE t SET a = 2', 'the statement contains UPDATE', 'READ ONLY'],
  ['EXPLAIN DELETE FROM t', 'the statement contains DELETE', 'READ ONLY'],
  ['EXPLAIN INSERT t VALUES (1, "x")', 'the statement contains INSERT', 'READ ONLY'],
  ['EXPLAIN REPLACE t VALUES (1, "x")', 'the statement contains REPLACE', 'READ ONLY'],
  ['DESCRIBE UPDATE t SET a = 2', 'the statement contains UPDATE', 'READ ONLY'],
  ['EXPLAIN FOR CONNECTION 1', 'the statement contains FOR CONNECTION', 'ER_NO_SUCH_THREAD'],
  ['CALL p()', 'CALL is not a query', 'READ ONLY'],
  ['DO SLEEP(0)', 'DO is not a query', 'runs'],
  ['HANDLER t OPEN', 'HANDLER is not a query', 'runs'],
  ['SET @a = 1', 'SET is not a query', 'runs'],
  ['SET SESSION TRANSACTION READ WRITE', 'SET is not a query', 'runs'],
  ['SET STATEMENT max_statement_time = 1 FOR SELECT 1', 'SET is not a query', 'runs'],
  ['START TRANSACTION READ WRITE', 'START is not a query', 'runs'],
  ['BEGIN', 'BEGIN is not a query', 'runs'],
  ['COMMIT', 'COMMIT is not a query', 'runs'],
  ['ROLLBACK', 'ROLLBACK is not a query', 'runs'],
  ["PREPARE x FROM 'DELETE FROM t'", 'PREPARE is not a query', 'READ ONLY'],
  ["EXECUTE IMMEDIATE 'DELETE FROM t'", 'EXECUTE is not a query', 'READ ONLY'],
  ['BEGIN NOT ATOMIC DELETE FROM t; END;', 'BEGIN is not a query', 'READ ONLY'],
  ['LOCK TABLES t WRITE', 'LOCK is not a query', 'runs'],
  ['FLUSH TABLES', 'FLUSH is not a query', 'runs'],
  ['KILL 999999999', 'KILL is not a query', 'ER_NO_SUCH_THREAD'],
  ['GRANT SELECT ON t TO CURRENT_USER', 'GRANT is not a query', 'runs'],
  ['USE mysql', 'USE is not a query', 'runs'],
  ['SELECT a FROM t TO RUN a/b:1 CMD "yolo" INTO r', 'TO writes a result', 'ER_PARSE_ERROR'],
  ['SELECT a FROM t TO PREDICT r.a USING m', 'TO writes a result', 'ER_PARSE_ERROR'],
  ["CREATE MODEL m FROM '/models/m.onnx'", 'CREATE MODEL registers a model', 'ER_PARSE_ERROR'],
  ['DROP MODEL m', 'DROP MODEL removes a model', 'ER_PARSE_ERROR'],
  ['SET MODEL m VERSION 1', 'SET MODEL changes a model', 'ER_PARSE_ERROR'],
];

describe('a reader', () => {
  it.each(allowed.map(([sql]) => sql))('may %s', (sql) => {
    expect(checkReadOnly(parseProgram(sql))?.message).toBeUndefined();
  });

  it.each(refused)('may not %s', (sql, message) => {
    expect(checkReadOnly(parseProgram(sql))).toMatchObject({
      code: 'READ_ONLY_ROLE',
      message: `${message}, but your role is reader`,
      span: { start: 0 },
    });
  });

  it('is told which statement it is', () => {
    const text = 'SELECT 1; SELECT a FROM t;\n DELETE FROM t; SELECT 2';
    const { span } = checkReadOnly(parseProgram(text)) ?? {};
    expect(text.slice(span?.start, span?.end)).toBe('DELETE FROM t');
  });
});

describe.each(servers)('in a READ ONLY transaction on $name', (server) => {
  const database = useDatabase(server);

  test('what a reader may run works', async () => {
    const failed: string[] = [];
    for (const [sql, only] of allowed) {
      if (only !== undefined && only !== server.name) continue;
      const end = await outcome(sql);
      if (end !== 'runs') failed.push(`${sql}: ${end}`);
    }
    expect(failed).toEqual([]);
  });

  test.runIf(server.name === 'MariaDB')('what a reader may not run is mostly let through', async () => {
    const outcomes: (readonly [sql: string, outcome: string])[] = [];
    for (const [sql] of refused) outcomes.push([sql, await outcome(sql)]);
    expect(outcomes).toEqual(refused.map(([sql, , expected]) => [sql, expected]));
  });

  async function outcome(sql: string): Promise<string> {
    const connection = await database.admin.getConnection();
    files += 1;
    await connection.query(`USE ${database.name}`);
    for (const each of [...tables, ...(server.name === 'MariaDB' ? tablesOfMariadb : [])]) {
      await connection.query(each);
    }
    await connection.query('START TRANSACTION READ ONLY');
    const end = await connection.query(sql.replace('{file}', `../${database.name}-${files}`)).then(
      () => 'runs',
      (error) => String(error.cause?.code).replace('ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION', 'READ ONLY'),
    );
    connection.destroy();
    return end;
  }
});

let files = 0;

const tables = [
  'CREATE TABLE IF NOT EXISTS t (a INT, b VARCHAR(10))',
  'CREATE TABLE IF NOT EXISTS words (a INT, `update` INT, `into` INT, deleted INT, updated INT, into_x INT)',
  'CREATE OR REPLACE VIEW v AS SELECT * FROM t',
  'DROP PROCEDURE IF EXISTS p',
  'CREATE PROCEDURE p() BEGIN DELETE FROM t; END',
];

const tablesOfMariadb = [
  'CREATE SEQUENCE IF NOT EXISTS s',
  'CREATE TABLE IF NOT EXISTS history (a INT) WITH SYSTEM VERSIONING',
];
