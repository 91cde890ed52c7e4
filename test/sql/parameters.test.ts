import fc from 'fast-check';
import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it, test } from 'vitest';
import { MillraceError } from '../../src/errors.ts';
import { lexicalMode } from '../../src/sql/lexical-mode.ts';
import { bindParameters, type Parameters, type Scalar } from '../../src/sql/parameters.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { servers, useDatabase } from '../database.ts';

describe('a program with parameters', () => {
  it.each<[string, Parameters, string]>([
    ['SELECT ?', [1], 'SELECT 1'],
    ['SELECT ?, ?, ?, ?', ['a', -1.5, true, null], "SELECT 'a', -1.5, TRUE, NULL"],
    ['SELECT ?;SELECT(?)', [1, false], 'SELECT 1;SELECT(FALSE)'],
    ['SELECT \'?\', "?", `?`, ? -- ?\n/* ? */ # ?', [1], 'SELECT \'?\', "?", `?`, 1 -- ?\n/* ? */ # ?'],
    ["SELECT '\\'?', 'a''?', ?", [1], "SELECT '\\'?', 'a''?', 1"],
    ['SELECT \':a\', ":a", `:a`, :a -- :a\n/* :a */', { a: 1 }, 'SELECT \':a\', ":a", `:a`, 1 -- :a\n/* :a */'],
    ['SELECT /*! ? */ ?', [1], 'SELECT /*! ? */ 1'],
    ['SELECT a FROM t WHERE b=? AND c<?LIMIT?', [1, 2, 3], 'SELECT a FROM t WHERE b=1 AND c<2 LIMIT 3'],
    ['SELECT 5-?', [-5], 'SELECT 5- -5'],
    ["SELECT 'a'?", ['b'], "SELECT 'a' 'b'"],
    ['SELECT :a, :a, :ab, :a_1', { a: 1, ab: 2, a_1: 3 }, 'SELECT 1, 1, 2, 3'],
    ['SELECT @x:=:a, @y:=1', { a: 1 }, 'SELECT @x:=1, @y:=1'],
    ['SELECT :a, ?', { a: 1 }, 'SELECT 1, ?'],
    ['SELECT :a, ?', [1], 'SELECT :a, 1'],
    [
      'BEGIN NOT ATOMIC l:LOOP LEAVE l; END LOOP; SET @a = :LEAVE; END;',
      { LEAVE: 1 },
      'BEGIN NOT ATOMIC l:LOOP LEAVE l; END LOOP; SET @a = 1; END;',
    ],
    ['SELECT :constructor', { constructor: 1 } as unknown as Parameters, 'SELECT 1'],
    ['SELECT ?', ["it's"], "SELECT 'it''s'"],
    ['SELECT ?', ['\\'], "SELECT '\\\\'"],
    ['SELECT ?', ["\\'; DROP TABLE t; -- "], "SELECT '\\\\''; DROP TABLE t; -- '"],
    ['SELECT ?', ['? :a'], "SELECT '? :a'"],
    ['SELECT ?', [], 'SELECT ?'],
    ['SELECT :a', {}, 'SELECT :a'],
    ["SELECT ? 'unclosed", [1], "SELECT ? 'unclosed"],
    [
      'SELECT p FROM t WHERE a = :a TO RUN millrace/worker:a CMD "yolo", :model -- it\'s :a\nWITH x = :x, y=:y INTO r',
      { a: 'é', model: '--model="m"', x: 0.5, y: false },
      'SELECT p FROM t WHERE a = \'é\' TO RUN millrace/worker:a CMD "yolo", "--model=\\"m\\"" -- it\'s :a\nWITH x = 0.5, y=FALSE INTO r',
    ],
    ['SELECT p FROM t TO RUN ? CMD ? INTO r', ['a/b:1', 'yolo'], 'SELECT p FROM t TO RUN "a/b:1" CMD "yolo" INTO r'],
  ])('%j %j', (text, parameters, bound) => {
    expect(bindParameters(text, parameters)).toBe(bound);
  });

  it.each<[string, Scalar, string]>([
    ["SELECT 'a\\', ?", 1, "SELECT 'a\\', 1"],
    ['SELECT ?', 'C:\\img\\a.png', "SELECT 'C:\\img\\a.png'"],
    ['SELECT ?', "it's", "SELECT 'it''s'"],
    // In a session with escapes, these would end elsewhere.
    ['SELECT ?', 'C:\\', "SELECT _utf8mb4 X'433a5c'"],
    ['SELECT ?', "\\' OR 1", "SELECT _utf8mb4 X'5c27204f522031'"],
    ['SELECT p FROM t TO RUN a/b:1 CMD ? INTO r', 'C:\\', 'SELECT p FROM t TO RUN a/b:1 CMD "C:\\\\" INTO r'],
  ])('%j %j without backslash escapes', (text, value, bound) => {
    expect(bindParameters(text, [value], lexicalMode('NO_BACKSLASH_ESCAPES'))).toBe(bound);
  });

  it('may not become longer than a statement', () => {
    const text = `SELECT ${':a,'.repeat(200_000)}:a`;
    expect(refusal(() => bindParameters(text, { a: 'x'.repeat(1000) }))).toBe(
      'STATEMENT_TOO_LONG at 48439: with its parameters the program has more than 16777216 characters',
    );
  });

  it('has them in its clauses as values of the dialect', () => {
    const text = bindParameters('SELECT p FROM t TO RUN a/b:1 CMD ? WITH c = ?, d = ?, e = ? INTO r', [
      '"\\%\n',
      -5,
      true,
      null,
    ]);
    expect(parseProgram(text).statements[0]).toMatchObject({
      command: [{ value: '"\\%\n' }],
      attributes: [
        { value: { kind: 'number', value: -5 } },
        { value: { kind: 'boolean', value: true } },
        { value: { kind: 'null' } },
      ],
    });
  });

  it.each<[string, Parameters, string]>([
    ['SELECT ?, ?', [1], 'PARAMETER_MISSING at 10: the program has 2 ?, but 1 parameter is given'],
    ['SELECT ?', [1, 2], 'PARAMETER_UNUSED at 7: 2 parameters are given, but the program has 1 ?'],
    ["SELECT '?'", [1], 'PARAMETER_UNUSED at undefined: 1 parameter is given, but the program has 0 ?'],
    ['SELECT :a, :b', { a: 1 }, 'PARAMETER_MISSING at 11: the parameter b has no value'],
    ['SELECT :toString', { a: 1 }, 'PARAMETER_MISSING at 7: the parameter toString has no value'],
    ['SELECT :a', { a: 1, b: 2 }, 'PARAMETER_UNUSED at undefined: the program has no placeholder :b'],
    ['SELECT :A', { a: 1 }, 'PARAMETER_MISSING at 7: the parameter A has no value'],
    ['SELECT ?', [Number.POSITIVE_INFINITY], 'PARAMETER_MISSING at 7: the parameter is Infinity'],
  ])('%j %j is refused', (text, parameters, expected) => {
    expect(refusal(() => bindParameters(text, parameters))).toBe(expected);
  });

  it('has at most as many names as a prepared statement has placeholders; more are refused unread', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
    const valuesOf = (count: number) => Object.fromEntries(names(count).map((name, index) => [name, index]));
    const textOf = (count: number) => `SELECT :${names(count).join(',:')}`;
    expect(bindParameters(textOf(65_535), valuesOf(65_535))).toBe(
      `SELECT ${Object.values(valuesOf(65_535)).join(',')}`,
    );
    expect(refusal(() => bindParameters("SELECT 'unclosed", valuesOf(400_000)))).toBe(
      'STATEMENT_TOO_LONG at undefined: the program has 400000 named parameters; the maximum is 65535',
    );
  });

  it('is bound in linear time', () => {
    const many = 20_000;
    const text = `SELECT ${Array(many).fill('?').join(',')}`;
    const bound = `SELECT ${Array(many).fill("'x'").join(',')}`;
    expect(bindParameters(text, Array(many).fill('x'))).toBe(bound);
  }, 2_000);
});

describe.each(servers)('what is bound on $name', (server) => {
  const database = useDatabase(server);
  const nasty = fc.array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '\\',
        '\0',
        '\n',
        '\r',
        '\x1a',
        '%',
        '_',
        '?',
        ':a',
        '--',
        '/*',
        '*/',
        '#',
        ';',
        '\b',
        '\t',
      ),
      fc.constantFrom('é', 'ß', '你', '\u00bf', '😀', '👩‍👩‍👧', '\u202e', '\ufeff', '\u00a0', '\u0301'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
  );

  const readBack = async (sql: string) => {
    const [rows] = await database.pool.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
    return rows[0];
  };

  test('are strings as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          nasty.map((parts) => parts.join('')),
          { minLength: 1, maxLength: 20 },
        ),
        async (values) => {
          const sql = bindParameters(`SELECT ${values.map(() => '?').join(', ')} -- ?`, values);
          expect(await readBack(sql)).toEqual(values);
          expect(parseProgram(sql).statements.length).toBe(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('are numbers as they were', async () => {
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger());
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 20 }), async (values) => {
        const sql = bindParameters(`SELECT ${values.map(() => '0+?').join(', ')}`, values);
        expect((await readBack(sql))?.map(Number)).toEqual(values.map((value) => value + 0));
      }),
      { numRuns: 100 },
    );
  });

  test('are booleans and NULL', async () => {
    const values = { yes: true, no: false, none: null };
    const read = await readBack(bindParameters('SELECT 0 + :yes, 0 + :no, :none', values));
    expect(read?.map((value) => (value === null ? null : Number(value)))).toEqual([1, 0, null]);
  });

  test('ends at the right place in the mode NO_BACKSLASH_ESCAPES, too', async () => {
    const connection = await database.pool.getConnection();
    await connection.query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
    const sql = bindParameters('SELECT ?, 1', ["\\', 2, 3 -- "]);
    const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
    connection.destroy();
    expect(rows.map(([text, one]) => [text, Number(one)])).toEqual([["\\\\', 2, 3 -- ", 1]]);
  });
});

function refusal(bind: () => unknown): string {
  try {
    bind();
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code} at ${error.span?.start}: ${error.message}`;
    throw error;
  }
  return 'nothing is refused';
}
