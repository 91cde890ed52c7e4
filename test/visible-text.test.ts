import { expect, test } from 'vitest';
import { visibleLine, visibleText } from '../src/visible-text.ts';

test.each([
  ['the right-to-left override', 'invoice\u202egpj.exe', 'invoice\\u202egpj.exe'],
  ['isolates and marks of direction', '\u2066a\u2069\u200e\u061c', '\\u2066a\\u2069\\u200e\\u061c'],
  ['characters without width', 'pay\u200bpal\u00ad\ufeff\u2060\u3164', 'pay\\u200bpal\\u00ad\\ufeff\\u2060\\u3164'],
  ['an escape sequence', '\u001b]0;title\u0007\u001b[31m', '␛]0;title␇␛[31m'],
  ['C1 controls', '\u009b31m\u0085', '\\u009b31m\\u0085'],
  ['delete, null and carriage return', '\u007f\u0000\r', '␡␀␍'],
  ['separators of lines', '\u2028\u2029', '\\u2028\\u2029'],
  ['tags beyond the first plane', '\u{e0041}', '\\u{e0041}'],
  ['a half of a character', '\ud800', '\\ud800'],
])('%s is made visible', (_, text, shown) => {
  expect(visibleText(text)).toBe(shown);
  expect(visibleLine(text)).toBe(shown);
});

test('letters of any script, accents and emoji stay', () => {
  const text = 'café cafe\u0301 猫 \u05d7\u05ea\u05d5\u05dc قطة ❤\ufe0f 😀';
  expect(visibleLine(text)).toBe(text);
});

test('tabs and line breaks stay in a text, but not in a line', () => {
  expect(visibleText('a\tb\nc')).toBe('a\tb\nc');
  expect(visibleLine('a\tb\nc')).toBe('a␉b␊c');
});
