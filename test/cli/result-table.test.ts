import { expect, test } from 'vitest';
import { formatRow, formatRows } from '../../src/cli/result-table.ts';

test('numbers are aligned right and text left; NULL and bytes are shown', () => {
  const rows = [
    ['1', 'kitten', null],
    ['12', '猫', Buffer.from([0, 255])],
  ];
  expect(formatRows(['id', 'name', 'bytes'], rows)).toBe(
    [' id   name     bytes', '──────────────────────', '  1   kitten   NULL', ' 12   猫       0x00ff'].join('\n'),
  );
});

test('control characters are made visible, and long values are shortened', () => {
  const text = formatRows(['v'], [['a\tb\r\n\u001b[31m\u007f'], ['x'.repeat(100)]]);
  expect(text).toContain('a␉b␍␊␛[31m␡');
  expect(text).toContain(`${'x'.repeat(59)}…`);
});

test('an empty result is reported', () => {
  expect(formatRows(['a', 'b'], [])).toBe(' a   b\n(no rows)');
});

test('one row that is too wide is shown with a column on each line', () => {
  const row = ['flowers', 0.5, null];
  const columns = ['model', 'validation_accuracy', '猫'];
  const table = formatRows(columns, [row]);
  const [, line] = table.split('\n');
  expect(formatRow(columns, row, line!.length)).toBe(table);
  expect(formatRow(columns, row, line!.length - 1)).toBe(
    [' model                 flowers', ' validation_accuracy   0.5', ' 猫                    NULL'].join('\n'),
  );
  const [, long] = formatRow(['a', 'b'], [1, 'x'.repeat(200)], 50).split('\n');
  expect(long).toBe(` b   ${'x'.repeat(59)}…`);
  const [, wide] = formatRow(['a', 'b'.repeat(9)], ['y'.repeat(99), 'x'.repeat(200)], 120).split('\n');
  expect(wide).toHaveLength(119);
});
