import { verbs } from './keywords.ts';
import { wideSpace } from './split-errors.ts';
import type { Token } from './standard-lexer.ts';

/** Unicode's white space. The servers read it as letters, so `t\u00a0TO` is one name. */
const wide = /[\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]/;

const verbWords = new Set<string>(verbs);
const queryWords = new Set(['SELECT', 'WITH']);

/**
 * Rejects a wide space that hides TO and a verb, or the first word of a query: web pages and word processors insert such
 * invisible spaces.
 */
export function refuseWideSpace(token: Token, previous: Token | null, isQuery: boolean): void {
  if (!isBare(token)) return;
  const words = token.text.split(wide);
  const before = previous !== null && isBare(previous) ? previous.text.split(wide) : [];
  if (words.length === 1 && before.length < 2) return;
  const upper = [...before.slice(-1), ...words].map((word) => word.toUpperCase());
  const isVerb = isQuery && upper.some((word, index) => word === 'TO' && verbWords.has(upper[index + 1] ?? ''));
  const isFirst = previous === null && queryWords.has(upper[0] ?? '');
  if (!isVerb && !isFirst) return;
  const place = words.length > 1 ? token : (previous as Token);
  const offset = place.offset + place.text.search(wide);
  throw wideSpace(place.text[offset - place.offset] as string, offset);
}

/** A word, or a name without quotes. */
const isBare = ({ type, text }: Token) => type === 'word' || (type === 'name' && text[0] !== '`' && text[0] !== '"');
