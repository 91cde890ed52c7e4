import { bareName } from '../quoting.ts';
import type { Token } from '../standard-lexer.ts';

/** A token of standard SQL for those who ask what a statement does. */
export interface Word {
  /** In upper case what may be a keyword; empty for a name and a string; the text of all else. */
  readonly keyword: string;
  /** A word or name without quotes, folded; else empty. */
  readonly name: string;
  readonly token: Token;
  /** It stands in a comment that a server executes, perhaps. */
  readonly executed: boolean;
}

/** A word and those around it; behind the text's end, words of the type `end`. */
export interface Context {
  beforePrevious: Word | undefined;
  previous: Word | undefined;
  word: Word;
  next: Word;
  afterNext: Word;
  /** The first that is not an opening bracket, from there on. */
  first: Word | undefined;
}

/** Looks at each word of a text in turn. */
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

/** Stands before a text, and behind it. */
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

/** A name in one case: where the server says so (`lower_case_table_names`), names of schemas and tables have none; its İ is an i. */
export const foldName = (text: string): string => lowered(text.toUpperCase());

const lowered = (upper: string) => upper.replaceAll('İ', 'I').toLowerCase();

/** Whether what stands here may name something: in the mode ANSI_QUOTES names stand in double quotes. */
export function isName({ token: { type, text } }: Word): boolean {
  return type === 'word' || type === 'name' || (type === 'string' && text.startsWith('"'));
}

/** The name, as it is written but for its quotes. */
export const writtenName = ({ token }: Word): string => bareName(token.text);

/** Words of a body, comma-free, for sets of keywords. */
export const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
