import { readClauseToken, readReference } from './clause-lexer.ts';
import { defaultMode, type LexicalMode } from './lexical-mode.ts';
import { endOfLine, isBlank, readStandardToken, type Token } from './standard-lexer.ts';

/**
 * The context of the scanner: before a statement's first token, inside standard SQL (or the query of an extended
 * statement), at the reference of an image or model, or inside the clauses of a verb.
 */
export type LexicalState = 'start' | 'query' | 'reference' | 'clause';

/** The compiled grammar asks it whether a type of token exists; each parser is given its tokens. */
export const lexer = {
  has: (_type: string) => true,
  next: () => undefined,
  reset: () => {},
  save: () => ({}),
  formatError: () => '',
};

/** Reads a text's tokens in order, without white space. */
export interface Scanner {
  /** @returns undefined at the end of the text */
  readonly next: () => Token | undefined;
  /** The token that `next` returned last. */
  readonly last: () => Token | undefined;
  readonly enter: (state: LexicalState) => void;
  /** Makes `next` read the last token again, as the state wants it. */
  readonly back: () => void;
}

/** Reads each character once, so takes time linear in the length of the text. */
export function createScanner(text: string, mode: LexicalMode = defaultMode): Scanner {
  let state: LexicalState = 'start';
  let last: Token | undefined;
  let offset = 0;
  const next = () => {
    offset = skipBlanks(text, offset, state);
    last = offset < text.length ? readToken(text, offset, state, mode, last) : undefined;
    offset = last?.end ?? offset;
    return last;
  };
  return {
    next,
    last: () => last,
    enter: (entered) => {
      state = entered;
    },
    back: () => {
      offset = last?.offset ?? offset;
    },
  };
}

function readToken(
  text: string,
  offset: number,
  state: LexicalState,
  mode: LexicalMode,
  previous: Token | undefined,
): Token {
  if (state === 'clause') return readClauseToken(text, offset);
  if (state === 'reference') return readReference(text, offset);
  if (state === 'query') return readStandardToken(text, offset, mode, previous);
  // Before a statement, `--` starts a comment whatever follows.
  if (!text.startsWith('--', offset)) return readStandardToken(text, offset, mode, undefined);
  const end = endOfLine(text, offset);
  return { type: 'comment', text: text.slice(offset, end), offset, end };
}

const wideBlank = /\s/;

/** In clauses, all of Unicode's white space separates tokens; before a statement, so does a byte order mark. */
function skipBlanks(text: string, start: number, state: LexicalState): number {
  const isWide = state === 'clause' || state === 'reference';
  let offset = start;
  while (offset < text.length) {
    const code = text.charCodeAt(offset);
    const isBetween = isBlank(code) || (code === 0xfeff && state === 'start');
    if (!isBetween && !(isWide && wideBlank.test(text[offset] as string))) break;
    offset += 1;
  }
  return offset;
}

/** All tokens of a standard statement or a query, except comments. */
export function queryTokens(text: string, mode: LexicalMode = defaultMode): readonly Token[] {
  const scanner = createScanner(text, mode);
  scanner.enter('query');
  const tokens: Token[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    if (token.type !== 'comment') tokens.push(token);
  }
  return tokens;
}
