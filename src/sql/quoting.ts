import { endOfQuoted } from './standard-lexer.ts';

// https://dev.mysql.com/doc/refman/8.4/en/string-literals.html
const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  '%': '\\%',
  _: '\\_',
};

/** The value of a string as MySQL reads it: escapes such as `\n` are resolved, and a doubled quote becomes one. */
export function unquoteString(text: string): string {
  const quote = text[0] ?? '';
  const resolve = (found: string) => (found[0] === '\\' ? (escapes[found[1] ?? ''] ?? found.slice(1)) : quote);
  return text.slice(1, -1).replace(quote === '"' ? /\\[\s\S]|""/g : /\\[\s\S]|''/g, resolve);
}

/** A string of the dialect with this value, in the canonical style. */
export const quoteString = (value: string) => `"${value.replace(/\\(?![%_])/g, '\\\\').replaceAll('"', '\\"')}"`;

/** The parts of a dotted name of the dialect, without their backquotes. */
export function nameParts(text: string): readonly string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length; start += 1) {
    const end = endOfPart(text, start);
    if (end > start) parts.push(bareName(text.slice(start, end)));
    start = end;
  }
  return parts;
}

/** @returns the offset of the dot after it, or of the end of the text */
function endOfPart(text: string, start: number): number {
  if (text[start] === '`') return endOfQuoted(text, start, false) ?? text.length;
  const end = text.indexOf('.', start);
  return end === -1 ? text.length : end;
}

/** A name without its backquotes: `` `a`.b `` is `a.b`. */
export const unquoteName = (text: string): string => (text.includes('`') ? nameParts(text).join('.') : text);

/** A name of standard SQL without its quotes, which can be `"` in the mode ANSI_QUOTES. */
export function bareName(text: string): string {
  const mark = text[0] ?? '';
  return mark === '`' || mark === '"' ? text.slice(1, -1).replaceAll(mark + mark, mark) : text;
}
