import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { images } from '../../src/catalog/images.ts';
import { MillraceError } from '../../src/errors.ts';
import { planProgram } from '../../src/plan/plan-program.ts';
import { checkSystemSchema } from '../../src/service/access/system-schema.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { checkReadOnly } from '../../src/sql/read-only.ts';

// Files before this one may have loaded what imports the scanner, and files after it must not count.
const counted = vi.hoisted(() => {
  vi.resetModules();
  return { scanners: 0, tokens: 0 };
});
afterAll(() => vi.resetModules());
vi.mock('../../src/sql/tokens.ts', async (original) => {
  const actual = await original<typeof import('../../src/sql/tokens.ts')>();
  const createScanner: typeof actual.createScanner = (text, mode) => {
    counted.scanners += 1;
    const scanner = actual.createScanner(text, mode);
    const next = () => {
      counted.tokens += 1;
      return scanner.next();
    };
    return { ...scanner, next };
  };
  return { ...actual, createScanner };
});
beforeEach(() => Object.assign(counted, { scanners: 0, tokens: 0 }));

const golden: Catalog = {
  ...JSON.parse(readFileSync(new URL('../golden/catalog.json', import.meta.url), 'utf8')),
  images,
};

const run = (query: string, into = 'demo.found') => `${query}
TO RUN millrace/worker CMD 'yolo', '--model=demo', '--image_dir=/datasets' WITH write_mode = 'overwrite' INTO ${into};`;

/** The codes of what is wrong with a program, by all who ask for its facts. */
function wrong(text: string, sharedSession = true): readonly string[] {
  const program = parseProgram(text);
  const refused = [checkReadOnly(program), checkSystemSchema(program, 'millrace')].filter((error) => error !== null);
  try {
    planProgram(program, { ...golden, sharedSession });
    return refused.map(({ code }) => code);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return [...refused, error, ...error.related].map(({ code }) => code);
  }
}

describe('what a statement does and needs', () => {
  it.each([
    'SELECT a FROM t WHERE b = 1',
    `CREATE VIEW v AS SELECT 1; USE other; SET @a = 1; SELECT a FROM t; DELETE FROM t`,
    `INSERT INTO a SELECT * FROM b; ${run('SELECT file_name FROM demo.images JOIN v USING (id)')}`,
  ])('is read in one pass over the program, whoever asks: %s', (text) => {
    wrong(text, false);
    expect(counted.scanners).toBe(1);
  });

  it('is read once more for each other way in which a session may read it', () => {
    wrong('SELECT "a"');
    expect(counted.scanners).toBe(2);
    wrong(`SELECT 'a\\'b', "c"`);
    expect(counted.scanners).toBe(2 + 4);
  });

  it('takes as many tokens as there are, in a program of many statements, too', () => {
    const count = (text: string) => {
      counted.tokens = 0;
      parseProgram(text);
      return counted.tokens;
    };
    for (const unit of [
      'SELECT a, "b\\"" FROM t; ',
      `${run("SELECT '\\\\' FROM t")}\n`,
      'WITH a AS (SELECT 1) SELECT * FROM a; ',
    ])
      expect(count(unit.repeat(1000))).toBeLessThanOrEqual(count(unit.repeat(100)) * 10.1);
  });
});

const long = `/* ${'so it is '.repeat(200)} */`;

/** Each was seen by one reader of the text and missed by another. */
describe('every check recognises', () => {
  it.each([
    ['behind a long comment', `CREATE ${long} VIEW demo.v AS SELECT * FROM demo.images;`],
    ['that the server executes', '/*!50001 CREATE VIEW demo.v AS SELECT * FROM demo.images */;'],
    [
      'in pieces that it executes',
      '/*!50001 CREATE */ /*!50013 DEFINER=a@b */ /*!50001 VIEW demo.v AS TABLE demo.images */;',
    ],
    ['of a definer called table', 'CREATE DEFINER=table VIEW demo.v AS SELECT * FROM demo.images;'],
  ])('a view %s', (_, view) => {
    expect(wrong(view + run('SELECT file_name FROM demo.v', 'demo.images'))).toContain('RESULT_IS_SOURCE');
  });

  it.each([
    ['behind a long comment', `LOAD DATA ${long} LOCAL INFILE 'a' INTO TABLE t`],
    ['that the server executes', "LOAD DATA /*!40000 LOCAL */ INFILE 'a' INTO TABLE t"],
    ['after words of LOAD', `LOAD DATA LOW_PRIORITY ${long} LOCAL INFILE 'a' INTO TABLE t`],
  ])('a file of the client %s', (_, load) => {
    expect(wrong(load)).toContain('LOCAL_INFILE');
  });

  it.each([
    ['behind a long comment', `CREATE ${long} TEMPORARY TABLE demo.t AS SELECT 1;`],
    ['that the server executes', 'CREATE /*!50000 TEMPORARY */ TABLE demo.t AS SELECT 1;'],
    ['of a database in quotes', 'CREATE TEMPORARY TABLE `demo` . `t` AS SELECT 1;'],
  ])('a temporary table %s', (_, create) => {
    expect(wrong(create + run('SELECT file_name FROM t'))).toContain('SESSION_NOT_SHARED');
  });

  it.each(['@`n`', "@'n'", '@N', '@n'])('a variable written as %s', (variable) => {
    expect(wrong(run(`SELECT file_name FROM t WHERE id = ${variable}`))).toContain('SESSION_NOT_SHARED');
    expect(wrong(`SELECT ${variable} := 1, @n`, false)).not.toContain('SESSION_NOT_SHARED');
  });

  it.each([
    ['USE', 'USE other;'],
    ['USE behind brackets and comments', '/* so */ # it is\nuse/**/other;'],
    ['USE that the server executes', '/*! USE other */;'],
  ])('%s', (_, use) => {
    expect(wrong(use + run('SELECT file_name FROM t'))).toContain('SESSION_NOT_SHARED');
  });
});

describe('a later statement waits for', () => {
  const needs = (text: string) => planProgram(parseProgram(text), golden).steps.map((step) => step.needs);

  it.each([
    ['INSERT into a table that is called as a word of INSERT', 'INSERT INTO `ignore` VALUES (1);', '`ignore`'],
    ['CREATE OR REPLACE VIEW', 'CREATE OR REPLACE VIEW v AS SELECT 1;', 'v'],
    ['CREATE OR REPLACE PROCEDURE, whose view may be read', 'CREATE OR REPLACE PROCEDURE p() SELECT 1;', 'v'],
    ['CREATE TABLE of another database', 'CREATE TABLE IF NOT EXISTS d . t AS SELECT 1;', 't'],
  ])('%s', (_, first, table) => {
    expect(needs(first + run(`SELECT file_name FROM ${table}`))).toEqual([[], ['step-1']]);
  });
});

it.each(['IF TRUE THEN SET @a = 1; END IF', 'CASE 1 WHEN 1 THEN SET @a = 1; END CASE', 'CALL p()', 'EXECUTE s'])(
  'a statement that runs others may change its session: %s',
  (text) => {
    const [statement] = parseProgram(text.replace(/; END.*/, '')).statements;
    expect(statement).toMatchObject({ facts: { session: { changes: true, runsOthers: true } } });
  },
);

it.each([
  ["SET sql_mode = ''", true],
  ['SET @@SESSION.sql_mode = @old', true],
  ['SET SESSION `sql_mode` = DEFAULT', true],
  ['SET @a = 1, @@sql_mode = DEFAULT', true],
  ["/*!40101 SET SQL_MODE='ANSI' */", true],
  ["PREPARE s FROM 'SET sql_mode = DEFAULT'", false],
  ['EXECUTE s', true],
  ["BEGIN NOT ATOMIC EXECUTE IMMEDIATE CONCAT('SET sql_', 'mode = DEFAULT'); END", true],
  ["SELECT 'sql_mode' /* sql_mode */", false],
])('tells whether a statement may leave another sql_mode: %s', (text, expected) => {
  expect(parseProgram(text).statements).toMatchObject([{ facts: { session: { changesMode: expected } } }]);
});
