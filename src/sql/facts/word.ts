import { bareName } from '../quoting.ts';
import type { Token } from '../standard-lexer.ts';

/** A token of standard SQL, prepared for the collectors of facts. */
export interface Word {
  /** A possible keyword in upper case; empty for a name or string; otherwise the token's text. */
  readonly keyword: string;
  /** A word or name without quotes, folded; otherwise empty. */
  readonly name: string;
  readonly token: Token;
  /** Whether it is in a comment that a server may execute. */
  readonly executed: boolean;
}

/** A word and its neighbours; beyond the end of the text, words of the type `end`. */
export interface Context {
  beforePrevious: Word | undefined;
  previous: Word | undefined;
  word: Word;
  next: Word;
  afterNext: Word;
  /** The first word of the text that is not an opening bracket, once it has been read. */
  first: Word | undefined;
}

/** Receives each word of a text in turn. */
export interface Collector<T> {
  look(context: Readonly<Context>): void;
  result(): T;
}

const nothing = (type: string): Word => ({
  keyword: '',
  name: '',
  token: { type, text: '', offset: 0, end: 0 },
  executed: false,
});

/** The neighbour before the first and after the last word. */
export const [start, end] = [nothing('start'), nothing('end')];

const nameless = new Set(['name', 'string', 'unclosedName']);

export function wordOf(token: Token, executed: boolean): Word {
  const { type, text } = token;
  if (type === 'word') {
    const keyword = text.toUpperCase();
    return { keyword, name: lowered(keyword), token, executed };
  }
  const keyword = nameless.has(type) ? '' : text;
  return { keyword, name: type === 'name' ? foldName(bareName(text)) : '', token, executed };
}

/** Folds a name to one case: with `lower_case_table_names`, names of schemas and tables are case-insensitive. The server folds İ to i. */
export const foldName = (text: string): string => lowered(text.toUpperCase());

const lowered = (upper: string) => upper.replaceAll('İ', 'I').toLowerCase();

/** Whether this token may be a name: in the mode ANSI_QUOTES, double quotes enclose names. */
export function isName({ token: { type, text } }: Word): boolean {
  return type === 'word' || type === 'name' || (type === 'string' && text.startsWith('"'));
}

/** The name as written, without its quotes. */
export const writtenName = ({ token }: Word): string => bareName(token.text);

/** A set of keywords from a text of words separated by spaces. */
export const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
