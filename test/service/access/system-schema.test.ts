import { describe, expect, it } from 'vitest';
import { checkSystemSchema } from '../../../src/service/access/system-schema.ts';
import { parseProgram } from '../../../src/sql/parse.ts';

/** What of the program is refused; null: nothing. */
function refused(text: string, schema = 'millrace'): string | null {
  const error = checkSystemSchema(parseProgram(text), schema);
  if (error === null) return null;
  expect(error.code).toBe('SYSTEM_SCHEMA');
  return text.slice(error.span?.start, error.span?.end);
}

describe('the system schema is for administrators', () => {
  it.each([
    ['SELECT * FROM millrace.statements', 'millrace'],
    ['SELECT * FROM `millrace` . `statements`', '`millrace`'],
    ['SELECT * FROM `millrace`/* */./* */statements', '`millrace`'],
    ['select * from MillRace.statements', 'MillRace'],
    ['SELECT * FROM mİllrace.statements', 'mİllrace'],
    ['SELECT * FROM "millrace"."statements"', '"millrace"'],
    ['SELECT 1 FROM t JOIN(millrace.labels)', 'millrace'],
    ["SELECT 'a' 'b', '''', x FROM millrace.labels", 'millrace'],
    ['SELECT 1 -- x\nFROM millrace.t', 'millrace'],
    ['SELECT 1 --millrace.t\nFROM t', 'millrace'],
    ['INSERT INTO t SELECT * FROM millrace.results', 'millrace'],
    ["UPDATE millrace.statements SET state = 'succeeded'", 'millrace'],
    ['DELETE millrace.a FROM millrace.a', 'millrace'],
    ['DROP TABLE t, millrace.statements', 'millrace'],
    ['DROP DATABASE millrace', 'millrace'],
    ['RENAME TABLE millrace.results TO mine', 'millrace'],
    ['CREATE VIEW v AS SELECT * FROM millrace.results', 'millrace'],
    ['CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM millrace.results; END;', 'millrace'],
    ['GRANT ALL ON millrace.* TO me', 'millrace'],
    ['USE millrace', 'millrace'],
    ['SELECT 1; USE `millrace`; SELECT * FROM statements', '`millrace`'],
    ['SHOW TABLES FROM millrace', 'millrace'],
    ['SHOW COLUMNS FROM statements IN millrace', 'millrace'],
    ['DESCRIBE millrace.statements', 'millrace'],
    ['HANDLER millrace.statements OPEN', 'millrace'],
    ["LOAD DATA INFILE 'a' INTO TABLE millrace.labels", 'millrace'],
    ['LOCK TABLES millrace.statements WRITE', 'millrace'],
    ['CALL millrace.p()', 'millrace'],
    ["SELECT '\\' , state FROM millrace.statements -- '", 'millrace'],
    ["SELECT '你\\' , state FROM millrace.statements -- '", 'millrace'],
    ["SELECT 1 --\x7f'\n, state FROM millrace.statements -- '", 'millrace'],
    ["SELECT 1 --\x01'\n, state FROM millrace.statements -- '", 'millrace'],
    ['SELECT * FROM a, `millrace`.statements', '`millrace`'],
    ['SELECT .5, 1.e1millrace.t FROM x', 'millrace'],
    ['SELECT path FROM millrace.images TO RUN millrace/worker:1.0 CMD "yolo" INTO out', 'millrace'],
    ['SELECT path FROM images TO RUN millrace/worker:1.0 CMD "yolo" INTO Millrace.statements', 'Millrace.statements'],
    ['SELECT a FROM t TO TRAIN x LABEL a INTO millrace.labels', 'millrace.labels'],
    ['SELECT a FROM t TO PREDICT millrace.labels.value USING m', 'millrace.labels.value'],
    ['SELECT a FROM t TO EVALUATE m LABEL a INTO millrace.labels', 'millrace.labels'],
    ['SELECT a FROM t TO EVALUATE m LABEL Millrace.models INTO found', 'Millrace.models'],
    ['SELECT a FROM t TO EVALUATE m LABEL "millrace.models" INTO found', '"millrace.models"'],
    ["SELECT a FROM t TO FIND cat WITH labels = 'millrace.models' INTO found", "'millrace.models'"],
    ['SELECT a FROM t TO FIND cat WITH labels = millrace.models INTO found', 'millrace.models'],
    ['SELECT a FROM millrace.images TO FIND cat INTO found', 'millrace'],
    ['SELECT a FROM t TO FIND cat INTO millrace.found', 'millrace.found'],
    ["SELECT a FROM t TO MAXIMIZE SUM(x) WITH variables = 'x(a)' INTO millrace.found", 'millrace.found'],
  ])('%s', (text, part) => {
    expect(refused(text)).toBe(part);
  });

  it.each([
    'SELECT 5 1.e-- millrace.f()',
    "CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $$ 'millrace' $$",
    'SELECT /*!50000 * FROM millrace.statements */',
    'SELECT 1 /*M!100000 FROM millrace.t */',
    // The server reads them otherwise after SET sql_mode = 'NO_BACKSLASH_ESCAPES', or SET NAMES gbk.
    "SELECT '你\\millrace'",
    'SELECT 你`, state FROM millrace.statements -- `',
  ])('because it is unclear what is a name: %s', (text) => {
    expect(refused(text)).toBe(text);
  });

  it.each([
    ["PREPARE s FROM CONCAT('DROP TABLE mill', 'race.statements')", 'PREPARE'],
    ['prepare `s` from @text', 'prepare'],
    ["EXECUTE IMMEDIATE CONCAT('DROP TABLE mill', 'race.statements')", 'EXECUTE'],
    ['CREATE PROCEDURE p() BEGIN PREPARE s FROM @text; EXECUTE s; END;', 'PREPARE'],
    ["BEGIN NOT ATOMIC EXECUTE IMMEDIATE 'SELECT 1'; END;", 'EXECUTE'],
    ['/*!50000 PREPARE s FROM @a */', '/*!50000 PREPARE s FROM @a */'],
  ])('and may be named by SQL that is composed at run time: %s', (text, part) => {
    expect(refused(text)).toBe(part);
  });

  it.each([
    'SELECT * FROM statements',
    "SELECT 'millrace.statements' FROM t WHERE owner = 'millrace'",
    'SELECT 1 /* millrace.statements */ # millrace',
    'SELECT t.millrace, @millrace FROM t',
    'SELECT * FROM millrace2.t JOIN my_millrace.u',
    'SELECT prepare FROM t',
    'SELECT path FROM images TO RUN millrace/worker:1.0 CMD "yolo", "--model=millrace" INTO out',
    'SELECT path FROM images TO RUN millrace/worker:1.0 CMD "yolo" INTO demo.millrace',
    "INSERT INTO t VALUES ('a\\'b')",
    'SELECT a FROM t TO EVALUATE millrace.m LABEL millrace2.models INTO found',
    'SELECT a FROM t TO FIND millrace USING millrace.m INTO found',
    'CREATE MODEL millrace.m LIKE millrace.n',
    'SHOW TRAIN millrace.model',
    "SELECT a FROM t TO EXPLAIN m WITH x = 'millrace.labels'",
  ])('everything else does not reach it: %s', (text) => {
    expect(refused(text)).toBeNull();
  });

  it('has the configured name', () => {
    expect(refused('SELECT * FROM millrace.statements', 'jobs')).toBeNull();
    expect(refused('SELECT * FROM jobs.statements', 'Jobs')).toBe('jobs');
  });
});
