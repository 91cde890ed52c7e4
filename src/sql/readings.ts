import type { LexicalMode } from './lexical-mode.ts';
import { bareName } from './quoting.ts';
import { createScanner, type Scanner, type Token } from './tokens.ts';

/** A word of a statement for those who ask what it does. */
export interface Word {
  /** Of what may be a keyword the upper case; empty for a name and a string; of all else the text. */
  readonly keyword: string;
  /** Of a word or name in upper case, without quotes; else empty. */
  readonly name: string;
  readonly token: Token;
}

/** A word and those around it; at the text's end words of the type `end`. */
export interface Context {
  beforePrevious: Word | undefined;
  previous: Word | undefined;
  word: Word;
  next: Word;
  afterNext: Word;
  /** The first that is not an opening bracket, from there on. */
  first: Word | undefined;
}

/** Asked about each word of a reading in turn, at last about the `end`, until it answers with something else than null. */
export type Judge<T> = (context: Readonly<Context>) => T | null;

/**
 * What is said of a standard statement, or a query, in each way in which a session may read it: its mode is the server's, and a
 * statement of the same program may have set it. A way in which a string or comment does not end is none, since the server refuses
 * it. Holds a few words at a time, however long the text is.
 *
 * @param judge makes one for each way
 */
export function judgeReadings<T>(text: string, judge: () => Judge<T>): readonly (T | null)[] {
  return modesOf(text).flatMap((mode) => judgeReading(text, mode, judge()));
}

function judgeReading<T>(text: string, mode: LexicalMode, judge: Judge<T>): readonly (T | null)[] {
  const scanner = createScanner(text, mode);
  scanner.enter('query');
  const [word, next, afterNext] = [nextWord(scanner), nextWord(scanner), nextWord(scanner)] as const;
  const context: Context = { beforePrevious: undefined, previous: undefined, word, next, afterNext, first: undefined };
  for (let answer: T | null = null; ; move(context, nextWord(scanner))) {
    const { type } = context.word.token;
    if (type === 'unclosedString' || type === 'unclosedComment') return [];
    if (type !== 'open' && type !== 'end') context.first ??= context.word;
    answer ??= judge(context);
    if (type === 'end') return [answer];
  }
}

function move(context: Context, following: Word): void {
  context.beforePrevious = context.previous;
  context.previous = context.word;
  context.word = context.next;
  context.next = context.afterNext;
  context.afterNext = following;
}

function modesOf(text: string): readonly LexicalMode[] {
  const escapes = text.includes('\\') ? [false, true] : [false];
  const quotes = text.includes('"') ? [false, true] : [false];
  return escapes.flatMap((noBackslashEscapes) => quotes.map((ansiQuotes) => ({ noBackslashEscapes, ansiQuotes })));
}

const end: Word = { keyword: '', name: '', token: { type: 'end', text: '', offset: 0, end: 0 } };

function nextWord(scanner: Scanner): Word {
  let token = scanner.next();
  while (token?.type === 'comment') token = scanner.next();
  return token === undefined ? end : wordOf(token);
}

const nameless = new Set(['name', 'string', 'unclosedName']);

function wordOf(token: Token): Word {
  const { type, text } = token;
  if (type === 'word') return { keyword: text.toUpperCase(), name: text.toUpperCase(), token };
  return { keyword: nameless.has(type) ? '' : text, name: type === 'name' ? bareName(text).toUpperCase() : '', token };
}
