import { describe, expect, test } from 'vitest';
import { serverSqlMode } from '../../src/datasource/sql-mode.ts';
import { lexicalMode } from '../../src/sql/lexical-mode.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { mariadb, useDatabase } from '../database.ts';

const statementsOf = (text: string, mode: string) => {
  const { statements } = parseProgram(text, lexicalMode(mode));
  return statements.map(({ span }) => text.slice(span.start, span.end));
};

describe('what a string is follows the sql_mode', () => {
  test.each<[string, string, readonly string[]]>([
    ['', "SELECT 'C:\\'; SELECT 'x;'", ["SELECT 'C:\\'; SELECT 'x;'"].slice(1)],
    ['NO_BACKSLASH_ESCAPES', "SELECT 'C:\\'; SELECT 2", ["SELECT 'C:\\'", 'SELECT 2']],
    ['NO_BACKSLASH_ESCAPES', 'SELECT "C:\\"; SELECT 2', ['SELECT "C:\\"', 'SELECT 2']],
    ['ANSI_QUOTES', 'SELECT "a\\"; SELECT 2', ['SELECT "a\\"', 'SELECT 2']],
    ['REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ANSI', 'SELECT "a\\"; DO 1', ['SELECT "a\\"', 'DO 1']],
    ['ANSI_QUOTES', "SELECT 'a\\';'; SELECT 2", ["SELECT 'a\\';'", 'SELECT 2']],
  ])('%s: %s', (mode, text, statements) => {
    if (statements.length === 0) expect(() => statementsOf(text, mode)).toThrow('not closed');
    else expect(statementsOf(text, mode)).toEqual(statements);
  });

  test('but in the clauses it is the same in every mode', () => {
    const text = "SELECT 'C:\\' TO RUN a/b:1 CMD \"a\\\"b\", 'c\\'d' INTO r";
    expect(parseProgram(text, lexicalMode('NO_BACKSLASH_ESCAPES,ANSI_QUOTES')).statements).toMatchObject([
      { query: { text: "SELECT 'C:\\'" }, command: [{ value: 'a"b' }, { value: "c'd" }] },
    ]);
  });

  describe('of a server', () => {
    const database = useDatabase(mariadb);

    test("is that of the server's new sessions", async () => {
      const [[{ mode }]] = (await database.admin.query('SELECT @@GLOBAL.sql_mode AS mode')) as unknown as [
        [{ mode: string }],
      ];
      expect(lexicalMode(await serverSqlMode(database.pool))).toEqual(lexicalMode(mode));
    });
  });
});
