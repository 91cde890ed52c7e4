import { isClauseKeyword } from './keywords.ts';
import type { Token } from './standard-lexer.ts';
import { endOfLine, endOfQuoted, readComment } from './standard-lexer.ts';

/**
 * Reads the token of a clause that starts at `start`. Strings follow the dialect in every mode of the session: `\` escapes, and
 * both `'` and `"` enclose them. `start` must not be at white space or at the end of the text.
 */
export function readClauseToken(text: string, start: number): Token {
  return readCommon(text, start) ?? readNumber(text, start) ?? readName(text, start) ?? readSign(text, start);
}

/** Reads the reference of an image, an estimator or a model: a path such as `registry:5000/a/b:1.4@sha256:…` is one token. */
export function readReference(text: string, start: number): Token {
  const common = readCommon(text, start);
  if (common !== null) return common;
  const name = readName(text, start);
  if (name?.text.includes('`')) return name;
  const end = isLetter(text, start) ? skip(text, start, isReferencePart) : start;
  return end > start ? word(text, start, end, 'reference') : invalid(text, start);
}

function readCommon(text: string, start: number): Token | null {
  const character = text[start] as string;
  if (character === ';') return token(text, start, start + 1, 'semicolon');
  if (character === "'" || character === '"') {
    const end = endOfQuoted(text, start, true);
    if (end === null) return { type: 'unclosedString', text: character, offset: start, end: text.length };
    return token(text, start, end, 'string');
  }
  if (text.startsWith('--', start)) return token(text, start, endOfLine(text, start), 'comment');
  return readComment(text, start);
}

const token = (text: string, offset: number, end: number, type: string): Token => ({
  type,
  text: text.slice(offset, end),
  offset,
  end,
});

function word(text: string, start: number, end: number, type: string): Token {
  const upper = text.slice(start, end).toUpperCase();
  return token(text, start, end, isClauseKeyword(upper) ? upper : type);
}

/** One character, or both halves of a surrogate pair. */
function invalid(text: string, start: number): Token {
  return token(text, start, start + String.fromCodePoint(text.codePointAt(start) as number).length, 'invalid');
}

// Excludes Unicode's white space, control characters and smart quotes.
const letter = /[A-Za-z0-9_$\u00a1-\u1fff\u2030-\u2fff\u3001-\ufefe\uff00-\uffff]/;
const referenceSign = /[.:@-]/;

const isLetter = (text: string, at: number) => letter.test(text[at] ?? '');
const isReferencePart = (text: string, at: number) =>
  isLetter(text, at) || referenceSign.test(text[at] ?? '') || (text[at] === '/' && text[at + 1] !== '*');

function skip(text: string, start: number, belongs: (text: string, at: number) => boolean): number {
  let end = start;
  while (end < text.length && belongs(text, end)) end += 1;
  return end;
}

const number = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;

function readNumber(text: string, start: number): Token | null {
  number.lastIndex = start;
  const end = start + (number.exec(text)?.[0].length ?? 0);
  return end === start || text[end] === '.' || isLetter(text, end) ? null : token(text, start, end, 'number');
}

/** `a`, `` a.`b c` ``, `multi:softmax` */
function readName(text: string, start: number): Token | null {
  let end = endOfPart(text, start);
  if (end === null) return null;
  if (end === start) return token(text, start, start + 1, 'unclosedName');
  while (text[end] === '.' || text[end] === ':') {
    const next: number | null = endOfPart(text, end + 1);
    if (next === null || next === end + 1) break;
    end = next;
  }
  return word(text, start, end, 'name');
}

const longestName = 256;

/** @returns null if no part of a name starts here; `start` if a name in backquotes starts here but is not closed */
function endOfPart(text: string, start: number): number | null {
  if (text[start] !== '`') return isLetter(text, start) ? skip(text, start, isLetter) : null;
  const end = endOfQuoted(text.slice(start, start + 2 * longestName + 3), 0, false);
  return end === null || end === 2 ? start : start + end;
}

const signs: readonly (readonly [text: string, type: string])[] = [
  ['**', 'power'],
  ['<=', 'comparison'],
  ['>=', 'comparison'],
  ['<>', 'comparison'],
  ['!=', 'comparison'],
  ['==', 'comparison'],
  ['<', 'comparison'],
  ['>', 'comparison'],
  ['=', 'equals'],
  ['+', 'sign'],
  ['-', 'sign'],
  ['*', 'star'],
  ['/', 'factor'],
  ['%', 'factor'],
  ['(', 'open'],
  [')', 'close'],
  ['[', 'openList'],
  [']', 'closeList'],
  [',', 'comma'],
];

function readSign(text: string, start: number): Token {
  const sign = signs.find(([each]) => text.startsWith(each, start));
  return sign ? token(text, start, start + sign[0].length, sign[1]) : invalid(text, start);
}
