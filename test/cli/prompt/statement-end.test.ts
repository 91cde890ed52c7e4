import { expect, it } from 'vitest';
import { statementEnd } from '../../../src/cli/prompt/statement-end.ts';
import { lexicalMode } from '../../../src/sql/lexical-mode.ts';

it.each([
  'SELECT 1;',
  'SELECT 1; -- and a comment',
  'SELECT 1;\n\n',
  "SELECT ';' AS a;",
  'SELECT 1; SELECT 2;',
  "SELECT * FROM t\nTO RUN a CMD 'b;c'\nINTO d;",
  'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END;',
  // Invalid as far as it can be read: running it reports why.
  'SELECT 1 TO RUM x;',
  'SELECT (1;',
  'DELIMITER //',
])('%j has ended', (text) => {
  expect(statementEnd(text)).toBe('ended');
});

it.each([
  'SELECT 1',
  'SELECT 1; SELECT 2',
  "SELECT ';",
  'SELECT `a;',
  'SELECT 1 -- ;',
  'SELECT 1 /* ;',
  'SELECT * FROM t TO',
  "SELECT * FROM t TO RUN a CMD 'b;",
  'CREATE PROCEDURE p() BEGIN SELECT 1;',
])('%j continues', (text) => {
  expect(statementEnd(text)).toBe('open');
});

it.each([
  ['', "SELECT 'C:\\';", 'open'],
  ['NO_BACKSLASH_ESCAPES', "SELECT 'C:\\';", 'ended'],
  ['NO_BACKSLASH_ESCAPES', "SELECT 'C:\\'';", 'open'],
  ['', 'SELECT "a\\";', 'open'],
  ['ANSI_QUOTES', 'SELECT "a\\";', 'ended'],
  ['ANSI', 'SELECT "a\\";', 'ended'],
  ['ANSI_QUOTES', "SELECT 'a\\';", 'open'],
])('in the mode %j, %j is %s', (mode, text, expected) => {
  expect(statementEnd(text, lexicalMode(mode))).toBe(expected);
});

it.each(['', '\n', ';', '-- a comment', '/* another */;'])('%j contains no statement', (text) => {
  expect(statementEnd(text)).toBe('empty');
});
