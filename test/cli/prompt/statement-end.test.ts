import { expect, it } from 'vitest';
import { statementEnd } from '../../../src/cli/prompt/statement-end.ts';

it.each([
  'SELECT 1;',
  'SELECT 1; -- and a comment',
  'SELECT 1;\n\n',
  "SELECT ';' AS a;",
  'SELECT 1; SELECT 2;',
  "SELECT * FROM t\nTO RUN a CMD 'b;c'\nINTO d;",
  'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END;',
  // Wrong, and so far as it can be read: running it says why.
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
])('%j goes on', (text) => {
  expect(statementEnd(text)).toBe('open');
});

it.each(['', '\n', ';', '-- a comment', '/* another */;'])('%j holds no statement', (text) => {
  expect(statementEnd(text)).toBe('empty');
});
