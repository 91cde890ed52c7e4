import { expect, test } from 'vitest';
import { formatRows } from '../../src/cli/result-table.ts';

test('numbers stand right, text left, NULL and bytes are said', () => {
  const rows = [
    ['1', 'kitten', null],
    ['12', '猫', Buffer.from([0, 255])],
  ];
  expect(formatRows(['id', 'name', 'bytes'], rows)).toBe(
    [' id   name     bytes', '──────────────────────', '  1   kitten   NULL', ' 12   猫       0x00ff'].join('\n'),
  );
});

test('control characters are made visible, long values cut', () => {
  const text = formatRows(['v'], [['a\tb\r\n\u001b[31m\u007f'], ['x'.repeat(100)]]);
  expect(text).toContain('a␉b␍␊␛[31m␡');
  expect(text).toContain(`${'x'.repeat(59)}…`);
});

test('no rows are said', () => {
  expect(formatRows(['a', 'b'], [])).toBe(' a   b\n(no rows)');
});
