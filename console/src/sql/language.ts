/** The product's own parser, loaded after the page: the browser finds errors without asking the server. */

import { type Completions, completeWords, type Names } from '../../../src/cli/prompt/complete-words.ts';
import { MillraceError, type Span } from '../../../src/errors.ts';
import { formatProgram } from '../../../src/sql/format-program.ts';
import { parseProgram } from '../../../src/sql/parse.ts';
import type { Token } from '../../../src/sql/standard-lexer.ts';
import { queryTokens } from '../../../src/sql/tokens.ts';

export { type Completions, completeWords, formatProgram, type Names };

export interface Fault {
  readonly message: string;
  readonly hint: string;
  readonly span: Span | null;
}

/** @returns nothing if the text is a program */
export function faultsOf(text: string): readonly Fault[] {
  try {
    parseProgram(text);
    return [];
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return [error, ...error.related].map(({ message, hint, span }) => ({ message, hint, span: span ?? null }));
  }
}

/** Tables that the statement around a place names after FROM, JOIN and INTO, without quotes: `database.table` or `table`. */
export function tablesAround(text: string, place: number): readonly string[] {
  const tokens = statementAround(queryTokens(text), place);
  const found = tokens.flatMap((_, index) => (isBeforeTable(tokens, index) ? nameAt(tokens, index + 1) : []));
  return [...new Set(found)].slice(0, 8);
}

function statementAround(tokens: readonly Token[], place: number): readonly Token[] {
  const isEnd = ({ type }: Token) => type === 'semicolon';
  const start = tokens.findLastIndex((token) => isEnd(token) && token.end <= place) + 1;
  const end = tokens.findIndex((token, index) => index >= start && isEnd(token));
  return tokens.slice(start, end === -1 ? undefined : end);
}

function isBeforeTable(tokens: readonly Token[], index: number): boolean {
  const { type, text } = tokens[index]!;
  return type === 'word' && ['FROM', 'JOIN', 'UPDATE', 'LABEL'].includes(text.toUpperCase());
}

function nameAt(tokens: readonly Token[], index: number): readonly string[] {
  const parts: string[] = [];
  for (let at = index; isName(tokens[at]); at += 2) {
    parts.push(unquoted(tokens[at]!.text));
    if (tokens[at + 1]?.type !== 'dot') break;
  }
  return parts.length === 0 ? [] : [parts.join('.')];
}

const isName = (token: Token | undefined) => token?.type === 'word' || token?.type === 'name';

const unquoted = (text: string) => (text.startsWith('`') ? text.slice(1, -1).replaceAll('``', '`') : text);
