import type { LexicalMode } from './lexical-mode.ts';
import { bareName } from './quoting.ts';
import { queryTokens, type Token } from './tokens.ts';

/** A word of a statement for those who ask what it does. */
export interface Word {
  /** Of what may be a keyword the upper case; empty for a name and a string; of all else the text. */
  readonly keyword: string;
  /** Of a word or name in upper case, without quotes; else empty. */
  readonly name: string;
  readonly token: Token;
}

/**
 * A standard statement, or a query, in each way in which a session may read it: its mode is the server's, and a statement of the same
 * program may have set it. A way in which a string or comment does not end is none, since the server refuses it.
 */
export function readings(text: string): readonly (readonly Word[])[] {
  return modesOf(text)
    .map((mode) => queryTokens(text, mode))
    .filter((tokens) => !unreadable.has(tokens.at(-1)?.type ?? ''))
    .map((tokens) => tokens.map(wordOf));
}

const unreadable = new Set(['unclosedString', 'unclosedComment']);

function modesOf(text: string): readonly LexicalMode[] {
  const escapes = text.includes('\\') ? [false, true] : [false];
  const quotes = text.includes('"') ? [false, true] : [false];
  return escapes.flatMap((noBackslashEscapes) => quotes.map((ansiQuotes) => ({ noBackslashEscapes, ansiQuotes })));
}

const nameless = new Set(['name', 'string', 'unclosedName']);

function wordOf(token: Token): Word {
  const { type, text } = token;
  if (type === 'word') return { keyword: text.toUpperCase(), name: text.toUpperCase(), token };
  return { keyword: nameless.has(type) ? '' : text, name: type === 'name' ? bareName(text).toUpperCase() : '', token };
}
