import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../src/errors.ts';
import { formatError, position } from '../../src/sql/format-error.ts';

const errorAt = (start: number) =>
  new MillraceError('SYNTAX', 'wrong', { span: { start, end: start + 1 }, hint: 'mend it' });

describe('position', () => {
  test.each([
    ['', 0, 1, 1],
    ['ab', 1, 1, 2],
    ['a\nb', 2, 2, 1],
    ['a\r\nb', 3, 2, 1],
    ['😀x', 2, 1, 2],
    ['ab', 99, 1, 3],
  ])('of offset in %j', (text, offset, line, column) => {
    expect(position(text, offset)).toEqual({ line, column });
  });
});

describe('formatError', () => {
  test('shows the line before, the line, and a caret with the hint', () => {
    expect(formatError(errorAt(8), 'SELECT\n x\n y', 'q.sql')).toBe(
      'error[SYNTAX]: wrong\n  --> q.sql:2:2\n   1 | SELECT\n   2 |  x\n     |  ^ mend it\n',
    );
  });

  test('puts the caret under what is wrong after tabs, wide and combining characters', () => {
    expect(formatError(errorAt(4), '\t表e\u0301😀x', 'q.sql')).toContain(
      '   1 | \t表e\u0301😀x\n     | \t   ^ mend it',
    );
    expect(formatError(errorAt(6), '\t表e\u0301😀x', 'q.sql')).toContain('     | \t     ^ mend it');
  });

  test('shows no more of a long line than what surrounds the caret', () => {
    const lines = formatError(errorAt(5000), 'a'.repeat(10_000), 'q.sql').split('\n');
    expect(lines[2]).toBe(`   1 | …${'a'.repeat(200)}…`);
    expect(lines[3]).toBe(`     | ${' '.repeat(101)}^ mend it`);
  });

  test('lets no control character through', () => {
    expect(formatError(errorAt(0), 'a\x1b[31m\u202e', 'q.sql')).toContain('   1 | a\u241b[31m\\u202e\n');
  });

  test('shows related errors after the first', () => {
    const error = new MillraceError('SYNTAX', 'first', {
      related: [new MillraceError('SYNTAX', 'second', { hint: 'do' })],
    });
    expect(formatError(error, '', 'q.sql')).toBe(
      'error[SYNTAX]: first\n  correct it at the place shown\n\nerror[SYNTAX]: second\n  do\n',
    );
  });
});
