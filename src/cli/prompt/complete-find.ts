import { findAttributeNames } from '../../plan/find/find-attributes.ts';
import { quoteString } from '../../sql/quoting.ts';

/** What may follow in a TO FIND, and the part that is already typed. */
export interface FindCompletion {
  readonly expects: 'classes' | 'models' | 'attributes' | 'keywords';
  readonly typed: string;
}

/** Looks at the end of a text; null: it is not in a TO FIND, or something else is expected there. */
export function findBeing(text: string): FindCompletion | null {
  const start = text.toUpperCase().lastIndexOf('FIND');
  if (start < 0 || !/\bTO\s{1,20}$/i.test(text.slice(0, start))) return null;
  const rest = text.slice(start + 'FIND'.length);
  if (!/^\s/.test(rest) || rest.includes(';')) return null;
  const typed = lastWord(openQuote(rest));
  const before = rest.slice(0, rest.length - typed.length).trimEnd();
  const clause = lastClause(before);
  if (clause === 'INTO') return null;
  if (clause === 'USING') return /(?:\bUSING|,)$/i.test(before) ? { expects: 'models', typed } : null;
  if (clause === 'WITH') return /(?:\bWITH|,)$/i.test(before) ? { expects: 'attributes', typed } : null;
  const isOperandDue = before === '' || /(?:\(|\b(?:AND|OR|NOT))$/i.test(before);
  return { expects: isOperandDue ? 'classes' : 'keywords', typed };
}

/** A text in a quote that is still open, or else the characters of a name at the end. */
function lastWord(text: string): string {
  if (text.startsWith('"')) return text;
  let start = text.length;
  while (start > 0 && /[\w.@-]/.test(text[start - 1]!)) start--;
  return text.slice(start);
}

/** The end of a text from the quote that is still open, if one is. */
function openQuote(text: string): string {
  const quotes = text.split('"').length - 1;
  return quotes % 2 === 1 ? text.slice(text.lastIndexOf('"')) : text.slice(text.lastIndexOf('"') + 1);
}

function lastClause(text: string): string | null {
  return [...text.matchAll(/\b(WITH|USING|INTO)\b/gi)].at(-1)?.[1]?.toUpperCase() ?? null;
}

export const findKeywords = ['AND ', 'OR ', 'WITH ', 'USING ', 'INTO '];

export const findAttributes: readonly string[] = findAttributeNames.map((name) => `${name} = `);

/** A class as an expression writes it. @param typed the quote that may have been typed already */
export function writtenClass(name: string, typed: string): string {
  return typed.startsWith('"') || !/^[A-Za-z_]\w*$/.test(name) ? quoteString(name) : name;
}
