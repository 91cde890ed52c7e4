import moo from 'moo';

/** A token of a program's text: offsets in UTF-16 units, `end` exclusive. */
export interface Token {
  readonly type: string;
  readonly text: string;
  readonly offset: number;
  readonly end: number;
}

/**
 * What the scanner stands in: before a statement's first token, inside standard SQL (or the query of an extended
 * statement), where the reference of an image or model is due, or inside the clauses of a verb.
 */
export type LexicalState = 'start' | 'query' | 'reference' | 'clause';

export const verbs = ['RUN', 'TRAIN', 'PREDICT', 'EXPLAIN', 'EVALUATE', 'MAXIMIZE', 'MINIMIZE'] as const;

/** The words that no bare name of a clause may be. */
export const clauseKeywords = [
  'AND',
  'BY',
  'CMD',
  'COLUMN',
  'CONSTRAINT',
  'FOR',
  'GROUP',
  'INTO',
  'LABEL',
  'NOT',
  'OR',
  'SELECT',
  'TO',
  'USING',
  'WITH',
] as const;

const keywords = new Set<string>(clauseKeywords);
const clauseWord = (text: string) => (keywords.has(text.toUpperCase()) ? text.toUpperCase() : '');

const letter = 'A-Za-z0-9_$\\u00a1-\\u1fff\\u2030-\\u2fff\\u3001-\\ufefe\\uff00-\\uffff';
const invalid = { match: /[\ud800-\udbff][\udc00-\udfff]|[\s\S]/, lineBreaks: true };
const backquoted = '`(?:[^`]|``){1,256}`(?!`)';
const namePart = `(?:[${letter}]+|${backquoted})`;

const blank = { match: /[ \t\r\n\f\v\ufeff]+/, lineBreaks: true };
const wideBlank = { match: /\s+/, lineBreaks: true };
const blockComment = { match: /\/\*[\s\S]*?\*\//, lineBreaks: true };
// MySQL and MariaDB run what stands in `/*! … */` and `/*M! … */`: https://mariadb.com/kb/en/comment-syntax/
const executableComment = { match: /\/\*M?![\s\S]*?\*\//, lineBreaks: true };
const hashComment = { match: /#[^\n]*/ };
const dashComment = { match: /--[^\n]*/ };
// In SQL, `--` begins a comment only before white space: https://dev.mysql.com/doc/refman/8.4/en/ansi-diff-comments.html
const spacedDashComment = { match: /--(?=[\x00-\x20]|$)[^\n]*/ };
const quotes = {
  singleQuote: { match: "'", push: 'single' },
  doubleQuote: { match: '"', push: 'double' },
} as const;

const standard = {
  executable: executableComment,
  comment: [blockComment, hashComment, spacedDashComment],
  unclosedComment: '/*',
  ...quotes,
  backQuote: { match: '`', push: 'back' },
  word: /[A-Za-z0-9_$\u0080-\ufefe\uff00-\uffff]+/,
  variable: /@@?[A-Za-z0-9_.$\u0080-\uffff]*/,
  open: '(',
  close: ')',
  semicolon: ';',
  dot: '.',
  other: { match: /[^A-Za-z0-9_$\u0080-\uffff'"`(). \t\r\n\f\v;@#/-]+|[\s\S]/, lineBreaks: true },
};

const clauseComment = [blockComment, hashComment, dashComment];

const content = (quote: string) => ({
  escape: { match: /\\[\s\S]/, lineBreaks: true },
  doubled: quote + quote,
  close: { match: quote, pop: 1 as const },
  content: { match: new RegExp(`[^\\\\${quote}]+|\\\\`), lineBreaks: true },
});

/** Made for nearley too, which asks it whether a token type exists. Never advanced itself: each scanner clones it. */
export const lexer = moo.states({
  start: { space: blank, ...standard, comment: [blockComment, hashComment, dashComment] },
  query: { space: blank, ...standard },
  reference: {
    space: wideBlank,
    executable: executableComment,
    comment: clauseComment,
    unclosedComment: '/*',
    ...quotes,
    semicolon: ';',
    name: new RegExp(`(?:[${letter}]+\\.)*${backquoted}(?:\\.${namePart})*`),
    unclosedName: '`',
    reference: {
      match: new RegExp(`[${letter}](?:[${letter}.:@-]|/(?!\\*))*`),
      type: (text) => clauseWord(text) || 'reference',
    },
    invalid,
  },
  clause: {
    space: wideBlank,
    executable: executableComment,
    comment: clauseComment,
    unclosedComment: '/*',
    ...quotes,
    semicolon: ';',
    number: new RegExp(`(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![.${letter}])`),
    name: {
      match: new RegExp(`${namePart}(?:[.:]${namePart})*`),
      type: (text) => clauseWord(text) || 'name',
    },
    unclosedName: '`',
    power: '**',
    comparison: ['<=', '>=', '<>', '!=', '==', '<', '>'],
    equals: '=',
    sign: ['+', '-'],
    star: '*',
    factor: ['/', '%'],
    open: '(',
    close: ')',
    openList: '[',
    closeList: ']',
    comma: ',',
    invalid,
  },
  single: content("'"),
  double: content('"'),
  back: { doubled: '``', close: { match: '`', pop: 1 }, content: { match: /[^`]+/, lineBreaks: true } },
});

/** Reads a text's tokens in order, without white space, each string and quoted name as one. */
export interface Scanner {
  /** `undefined` at the end of the text. */
  readonly next: () => Token | undefined;
  /** The token that `next` returned last. */
  readonly last: () => Token | undefined;
  readonly enter: (state: LexicalState) => void;
}

const quoted: Readonly<Record<string, string>> = {
  singleQuote: 'string',
  doubleQuote: 'string',
  backQuote: 'word',
};

/** Linear in the text's length: every rule of the lexer reads a character once, or gives up at the first. */
export function createScanner(text: string): Scanner {
  // moo's types leave `clone` out: https://github.com/no-context/moo#readme
  const tokens = (lexer as moo.Lexer & { clone(): moo.Lexer }).clone();
  tokens.reset(text);

  const restOfQuoted = (type: string, opening: moo.Token): Token => {
    for (let token = tokens.next(); token; token = tokens.next()) {
      if (token.type === 'close') {
        const end = token.offset + token.text.length;
        return { type, text: text.slice(opening.offset, end), offset: opening.offset, end };
      }
    }
    return { type: 'unclosedQuote', text: opening.text, offset: opening.offset, end: text.length };
  };

  const read = (): Token | undefined => {
    let token = tokens.next();
    while (token?.type === 'space') token = tokens.next();
    if (!token) return undefined;
    const type = quoted[token.type ?? ''];
    if (type) return restOfQuoted(type, token);
    return { type: token.type ?? '', text: token.text, offset: token.offset, end: token.offset + token.text.length };
  };

  let last: Token | undefined;
  const next = () => {
    last = read();
    return last;
  };
  return { next, last: () => last, enter: (state) => tokens.setState(state) };
}

/** All of a standard statement, or of a query, but its comments. */
export function queryTokens(text: string): readonly Token[] {
  const scanner = createScanner(text);
  scanner.enter('query');
  const tokens: Token[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    if (token.type !== 'comment') tokens.push(token);
  }
  return tokens;
}
