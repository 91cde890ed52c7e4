import { describe, expect, test } from 'vitest';
import { formatProgram } from '../../src/sql/format-program.ts';
import { lexicalMode } from '../../src/sql/lexical-mode.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { partsOfProgram } from './parts.ts';

describe('formatProgram', () => {
  test.each<[string, string, string]>([
    ['nothing', ' ;; ', ''],
    ['standard SQL', "select  1 ;update `t` set a='x'", "select  1;\nupdate `t` set a='x';\n"],
    ['a query', 'select\n  1\nto run i;select 2', 'select\n  1\nTO RUN i;\n\nselect 2;\n'],
    [
      'every clause of TO RUN',
      "SELECT 1 to run 'i' cmd 'a','it''s' with n=- 1 , l=[ 1,2 ] into d . t".replace(' . ', '.'),
      'SELECT 1\nTO RUN "i"\nCMD "a", "it\'s"\nWITH n = -1, l = [1, 2]\nINTO d.t;\n',
    ],
    [
      'a clause that is too long for a line',
      `SELECT 1 TO RUN i CMD "${'a'.repeat(60)}","${'b'.repeat(60)}"`,
      `SELECT 1\nTO RUN i\nCMD\n  "${'a'.repeat(60)}",\n  "${'b'.repeat(60)}";\n`,
    ],
    [
      'every clause of TO TRAIN',
      'SELECT 1 TO TRAIN e with a=1 column f(x,1),* for deep column c label l using m into n',
      'SELECT 1\nTO TRAIN e\nWITH a = 1\nCOLUMN f(x, 1), * FOR deep\nCOLUMN c\nLABEL l\nUSING m\nINTO n;\n',
    ],
    [
      'expressions',
      'SELECT 1 TO MAXIMIZE (a- -b)*-2**c constraint not a<=1 AND b or - - c group by d,e with v="x" into t',
      'SELECT 1\nTO MAXIMIZE (a - -b) * -2 ** c\nCONSTRAINT NOT a <= 1 AND b OR - -c GROUP BY d, e\nWITH v = "x"\nINTO t;\n',
    ],
    ['SHOW TRAIN', 'show train a/b:c', 'SHOW TRAIN a/b:c;\n'],
    ['SHOW TRIALS', 'show trials a.b', 'SHOW TRIALS a.b;\n'],
  ])('prints %s', (_, text, formatted) => {
    expect(formatProgram(text)).toBe(formatted);
  });

  test.each<[string, string, string]>([
    ['before and after statements', '# a\n/* b */select 1; -- c\n-- d\n', '# a\n/* b */\nselect 1; -- c\n\n-- d\n'],
    ['at the end of standard SQL', 'select 1 -- a\n; select 2 /* b */;', 'select 1 -- a\n;\n\nselect 2 /* b */;\n'],
    [
      'around TO',
      'SELECT 1 -- a\n/* b */ TO /* c */ RUN /* d */ i',
      'SELECT 1 -- a\n/* b */ /* c */\nTO RUN /* d */ i;\n',
    ],
    [
      'between the items of a clause',
      'SELECT 1 TO RUN i CMD -- a\n"x", -- b\n/* c */ "y" /* d */, "z" -- e\n INTO t # f\n;',
      'SELECT 1\nTO RUN i\nCMD -- a\n  "x", -- b\n  /* c */\n  "y" /* d */,\n  "z" -- e\nINTO t; # f\n',
    ],
    ['before the semicolon', 'SELECT 1 TO RUN i\n-- a\n; SELECT 2', 'SELECT 1\nTO RUN i;\n\n-- a\nSELECT 2;\n'],
  ])('keeps comments %s', (_, text, formatted) => {
    expect(formatProgram(text)).toBe(formatted);
    expect(formatProgram(formatted)).toBe(formatted);
    expect(partsOfProgram(parseProgram(formatted))).toEqual(partsOfProgram(parseProgram(text)));
  });

  test('reads strings and comments in the mode of the session', () => {
    const text = "SELECT 'C:\\' -- a\n;SELECT 2";
    expect(formatProgram(text, lexicalMode('NO_BACKSLASH_ESCAPES'))).toBe("SELECT 'C:\\' -- a\n;\n\nSELECT 2;\n");
    expect(() => formatProgram(text)).toThrow('not closed');
  });

  test('refuses what does not parse', () => {
    expect(() => formatProgram('SELECT 1 TO RUN i CMD "a" "b"')).toThrow("expected ',' between the strings of CMD");
  });
});
