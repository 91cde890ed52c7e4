import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quoteName } from '../../src/datasource/identifiers.ts';
import { MillraceError } from '../../src/errors.ts';
import { checkSystemSchema } from '../../src/service/access/system-schema.ts';
import { type LexicalMode, lexicalMode } from '../../src/sql/lexical-mode.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { checkReadOnly } from '../../src/sql/read-only.ts';
import type { Program } from '../../src/sql/statement.ts';
import { servers, useDatabase } from '../database.ts';

/**
 * Statements that the checks let through are run by an account that may do everything. A hundred thousand on each server:
 * `FUZZ_RUNS=100000 npx vitest run test/sql/differential.test.ts`. A seed repeats a failure.
 */
const numRuns = Number(process.env.FUZZ_RUNS ?? 10_000);
const options = { numRuns, ...(process.env.FUZZ_SEED && { seed: Number(process.env.FUZZ_SEED) }) };
const timeout = 60_000 + numRuns * 20;

/** What hides text from a lexer that is not the server's, or shows it what the server does not see. */
const fragments = [
  ...["'", '"', '`', '\\', "\\'", "''", '\\"', '``', '\\N', '\\\\'],
  ...['--', '-- ', '--\x7f', '--\x01', '--\t', '--\n', '--\x00', '#', '\n', '\r', '\0', '\x0b', '\x85'],
  ...['/*', '*/', '/**/', '/*/', '/*!', '/*!50701 ', '/*!99999 ', '/*!100100 ', '/*!999999 ', '/*M!', '/*M!100100 '],
  ...['/*+', '/*!*/', '/*!99999 /* */'],
  ...[
    '1.e',
    '1.5e',
    '1e',
    '1.e-- ',
    '.5e+',
    '.5',
    '1.',
    '1..',
    '0x',
    '0x41',
    '0b',
    "x'41'",
    "N'",
    "_utf8'",
    '1e1',
    '2.5',
  ],
  ...[
    '@',
    '@@',
    "@'",
    '@`',
    '@a',
    '@@a.b',
    '$$',
    '$a$',
    ':=',
    ':',
    '?',
    ';',
    ',',
    '(',
    ')',
    '*',
    '/',
    '-',
    '.',
    '+',
    '=',
  ],
  ...[
    ' ',
    ' ',
    ' ',
    '\t',
    '\u00a0',
    '\ufeff',
    'é',
    '你',
    'a',
    'AS a ',
    ', 1',
    'FROM canary ',
    'UNION SELECT ',
    'WHERE ',
    'LIMIT 1 ',
  ],
];
const fragment = fc.constantFrom(...fragments);
const some = (maxLength: number) => fc.array(fragment, { maxLength }).map((parts) => parts.join(''));

/** What may enclose text that does nothing, or seem to. */
const enclosures = [
  ...[
    ["'", "'"],
    ['"', '"'],
    ['`', '`'],
    ['/*', '*/'],
    ['/*+', '*/'],
    ['# ', '\n'],
    ['-- ', '\n'],
    ['--\x7f', '\n'],
  ],
  ...[
    ['--\x01', '\n'],
    ['--', '\n'],
    ['1.e-- ', '\n'],
    ['$$', '$$'],
    ['/*!99999 ', '*/'],
    ['/*!50701 ', '*/'],
    ["\\'", "'"],
  ],
  ...[
    ["'\\", "'"],
    ['"\\', '"'],
    ['`\\', '`'],
    ["N'", "'"],
    ["x'", "'"],
    ['@`', '`'],
    ["@'", "'"],
    ['#', '\0'],
    ['-- ', '\r'],
  ],
] as const;

const enclosed = (contents: readonly string[]) =>
  fc.oneof(
    fc.constantFrom(...contents),
    fc
      .tuple(fc.constantFrom(...enclosures), some(1), fc.constantFrom(...contents), some(1))
      .map(([[open, close], before, content, after]) => `${open}${before}${content}${after}${close}`),
  );

/** Operands that something else may follow at once. */
const operands = [
  ...[
    '1',
    '1.',
    '1.5',
    '.5',
    '1e1',
    '1.e1',
    '1e+1',
    '.5e1',
    '1.e',
    '1e',
    '0x41',
    '0b1',
    '0x',
    '1a',
    "'a'",
    "x'41'",
    "N'a'",
    "_utf8'a'",
  ],
  ...[
    '@a',
    "@'a'",
    '@`a`',
    '@@version',
    'NULL',
    '\\N',
    '(1)',
    '`a`',
    '"a"',
    'a',
    'a.5',
    'a.a',
    'b . 5',
    '``',
    "''",
    'é',
    '$a',
    '$$',
  ],
];

/** Begins a comment for some lexer, to the end of the line or not. */
const beginnings = [
  ...[
    '-- ',
    '--\x7f',
    '--\x01',
    '--\t',
    '--\0',
    '--',
    '#',
    '1.e-- ',
    '.5e--',
    '--\x0b',
    '--\x85',
    '--\u00a0',
    '/*!99999',
    '/*M!',
    '//',
  ],
  ...['---', '-\\- ', '--\\', '--\r', '/* */', '1-- ', 'a.-- ', '1.5e+-- ', '@-- ', '@@-- ', '$$'],
];
const masks = [
  ...[
    ["'", "'"],
    ['"', '"'],
    ['`', '`'],
    ['/*', '*/'],
    ['/*!', '*/'],
    ["'\\", "'"],
    ['"\\', '"'],
    ["''", "'"],
    ['$$', '$$'],
  ],
] as const;

/** For one lexer the content stands in a string or comment, for another that string's beginning stands in a comment. */
const masked = (contents: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom('SELECT 1 ', 'SELECT 5 ', 'SELECT 1 AS a ', 'SELECT 1 FROM canary ', 'SELECT a FROM canary '),
      fc.constantFrom(...beginnings),
      some(1),
      fc.constantFrom(...masks),
      fc.constantFrom('\n', '\n', '\r', '\0', ' '),
      fc.constantFrom(...contents),
      fc.constantFrom(' -- ', '\n-- ', '#', ' ', ''),
    )
    .map(
      ([head, begin, between, [open, close], line, content, end]) =>
        head + begin + between + open + line + content + end + close,
    );

/** Where a number or string ends decides what begins. */
const adjacent = (contents: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom('SELECT ', 'SELECT 1,', 'SELECT 1+', 'SELECT 1 FROM canary LIMIT '),
      fc.constantFrom(...operands),
      fc.option(fc.constantFrom(...operands), { nil: '', freq: 1 }),
      fc.constantFrom(...contents),
      some(1),
    )
    .map((parts) => parts.join(''));

const heads = [
  ...['SELECT 1', 'SELECT 5 ', "SELECT 'a'", 'SELECT a FROM canary ', 'SELECT "a" ', '(SELECT 1', 'SELECT'],
  ...[
    'WITH c AS (SELECT 1) SELECT 1',
    'VALUES (1)',
    'TABLE canary ',
    'EXPLAIN SELECT 1',
    'SHOW TABLES ',
    'SELECT 1 FROM DUAL ',
  ],
];

/** `{file}` is written nowhere but here. */
const writing = [
  ...[
    "INTO OUTFILE '{file}'",
    "INTO DUMPFILE '{file}'",
    'INTO @canary',
    'INTO OUTFILE "{file}"',
    ', @canary := 2',
    '@canary:=2',
  ],
  ...[
    " INTO OUTFILE '{file}' ",
    '\nINTO @canary ',
    '; DELETE FROM canary',
    '; SET @canary = 2',
    'FROM canary INTO @canary',
  ],
  ...['DELETE FROM canary', 'UPDATE canary SET a = 2', 'INSERT INTO canary VALUES (3)', 'REPLACE canary VALUES (3)'],
];

const readersText = fc
  .tuple(fc.constantFrom(...heads), some(3), enclosed(writing), some(3))
  .map((parts) => parts.join(''));
const readersHead = fc
  .tuple(some(2), enclosed(writing), some(2), fc.constantFrom(...heads), some(2))
  .map((parts) => parts.join(''));

/** `{schema}` is the system schema; only its table holds the secret. */
const reaching = [
  ...[
    'SELECT secret FROM {schema}.canary',
    'UNION SELECT secret FROM {schema}.canary',
    ', (SELECT secret FROM {schema}.canary)',
  ],
  ...[
    'FROM {schema}.canary',
    ', secret FROM {schema}.canary ',
    ', secret FROM `{schema}`.canary ',
    ', secret FROM {schema} . canary ',
  ],
  ...['DELETE FROM {schema}.canary', 'INSERT INTO {schema}.canary VALUES (2)', 'UPDATE {schema}.canary SET secret = 2'],
  ...['USE {schema}', 'HANDLER {schema}.canary OPEN', 'TABLE {schema}.canary', 'SHOW CREATE TABLE {schema}.canary'],
];
const usersText = fc
  .tuple(fc.constantFrom(...heads, 'SET @a = 1', 'DO 1', 'SELECT secret '), some(3), enclosed(reaching), some(3))
  .map((parts) => parts.join(''));

const modes = ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'];
/** https://mariadb.com/kb/en/sql_modeoracle/ */
const modesOf = { MariaDB: [...modes, 'ORACLE,ANSI_QUOTES'], MySQL: modes };

/** The program as a front door reads it; null: it is refused there. */
function parsed(text: string, mode: LexicalMode): Program | null {
  try {
    return parseProgram(text, mode);
  } catch (error) {
    if (error instanceof MillraceError) return null;
    throw error;
  }
}

describe.each(servers)(`what is let through is harmless on $name, ${numRuns} runs each`, (server) => {
  const database = useDatabase(server);
  const file = join(tmpdir(), `millrace-canary-${process.pid}-${server.name}`);
  let connection: PoolConnection;
  let ran = 0;

  beforeAll(async () => {
    const { admin, name, systemSchema } = database;
    await admin.query(`CREATE DATABASE IF NOT EXISTS ${quoteName(systemSchema)}`);
    await admin.query(`CREATE TABLE ${quoteName(systemSchema)}.canary AS SELECT 'the secret' AS secret`);
    await admin.query(`CREATE TABLE ${quoteName(name)}.canary AS SELECT 1 AS a`);
    connection = await admin.getConnection();
    await connection.query('SET @canary = 1');
    await connection.query(server.name === 'MySQL' ? 'SET max_execution_time = 2000' : 'SET max_statement_time = 2');
  }, 180_000);
  afterAll(() => connection?.destroy());

  /** The rows; an error of the server's where it is not of one that would write. */
  async function run(text: string, mode: string): Promise<unknown> {
    await connection.query(`SET sql_mode = ?, @canary = 1, time_zone = DEFAULT`, [mode]);
    await connection.query(`USE ${quoteName(database.name)}`);
    ran += 1;
    try {
      const [rows] = await connection.query(text);
      return rows;
    } catch (error) {
      // A file exists, or secure_file_priv forbids it: the statement was about to write one.
      expect([1086, 1290]).not.toContain((error as { cause?: { errno?: number } }).cause?.errno);
      return null;
    }
  }

  async function expectUnchanged(schema: string) {
    const [[found]] = await connection.query<RowDataPacket[]>(
      `SELECT CONCAT(@canary) AS variable, (SELECT GROUP_CONCAT(a) FROM ${quoteName(database.name)}.canary) AS a,
         (SELECT GROUP_CONCAT(secret) FROM ${quoteName(schema)}.canary) AS secret`,
    );
    expect({ ...found, file: existsSync(file) }).toEqual({ variable: '1', a: '1', secret: 'the secret', file: false });
  }

  test('for readers', { timeout }, async () => {
    ran = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(readersText, readersHead, masked(writing), adjacent(writing)),
        fc.constantFrom(...modesOf[server.name]),
        async (template, mode) => {
          const program = parsed(template.replaceAll('{file}', file), lexicalMode(mode));
          if (program === null || checkReadOnly(program) !== null) return;
          for (const { text } of program.statements as readonly { readonly text: string }[]) await run(text, mode);
          await expectUnchanged(database.systemSchema);
        },
      ),
      options,
    );
    expect(ran).toBeGreaterThan(numRuns / 100);
    console.log(`${server.name}: ${ran} of ${numRuns} statements passed the check of readers and were run`);
  });

  test('for users and the system schema', { timeout }, async () => {
    const { systemSchema } = database;
    ran = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(usersText, masked(reaching), adjacent(reaching)),
        fc.constantFrom(...modesOf[server.name]),
        async (template, mode) => {
          const program = parsed(template.replaceAll('{schema}', systemSchema), lexicalMode(mode));
          if (program === null || checkSystemSchema(program, systemSchema) !== null) return;
          for (const { text } of program.statements as readonly { readonly text: string }[])
            expect(JSON.stringify(await run(text, mode))).not.toContain('the secret');
          await connection.query('ROLLBACK');
        },
      ),
      options,
    );
    await expectUnchanged(systemSchema);
    expect(ran).toBeGreaterThan(numRuns / 100);
    console.log(`${server.name}: ${ran} of ${numRuns} statements passed the check of the system schema and were run`);
  });
});
