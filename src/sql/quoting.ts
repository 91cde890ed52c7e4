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

/** The value of a string as MySQL reads it: `\n` and its like, and a doubled quote for one. */
export function unquoteString(text: string): string {
  const quote = text[0] ?? '';
  const resolve = (found: string) => (found[0] === '\\' ? (escapes[found[1] ?? ''] ?? found.slice(1)) : quote);
  return text.slice(1, -1).replace(quote === '"' ? /\\[\s\S]|""/g : /\\[\s\S]|''/g, resolve);
}

/** A string of the dialect with this value, in the one style that Millrace prints. */
export const quoteString = (value: string) => `"${value.replace(/\\(?![%_])/g, '\\\\').replaceAll('"', '\\"')}"`;

/** The parts of a dotted name, without their backquotes. */
export const nameParts = (text: string): readonly string[] =>
  (text.match(/`(?:[^`]|``)*`|[^.`]+/g) ?? []).map((part) =>
    part.startsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part,
  );

/** A name without its backquotes: `` `a`.b `` is `a.b`. */
export const unquoteName = (text: string): string => (text.includes('`') ? nameParts(text).join('.') : text);
