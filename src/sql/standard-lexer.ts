import type { LexicalMode } from './lexical-mode.ts';

/** A token of a program's text. Offsets count UTF-16 units; `end` is exclusive. */
export interface Token {
  readonly type: string;
  readonly text: string;
  readonly offset: number;
  readonly end: number;
}

/**
 * Reads the token of standard SQL that starts at `start`, as MySQL and MariaDB do: `lex_one_token` in their sql/sql_lex.cc, with
 * the character classes of strings/ctype-utf8. `previous` is the token before it: `t.5into` contains a name, `.5into` is a number and a
 * word. `start` must not be at white space or at the end of the text.
 *
 * - `word`: may be a keyword; `name`: cannot be a keyword, because it is quoted or adjacent to a dot
 * - `number`, `string`, `variable` (`@a`, `@@global.b`), `open`, `close`, `semicolon`, `dot`; `other`: `:=`, `\N` or one character
 * - `comment`; `executable`: a comment that a server may execute
 * - `malformed`: `1.5e` without digits, after which MySQL continues inside the following text, so that `1.e-- 2` contains no comment;
 *   or a NUL, at which it stops reading
 * - `unclosedString`, `unclosedName`, `unclosedComment`: the rest of the text; `text` is its opening
 */
export function readStandardToken(text: string, start: number, mode: LexicalMode, previous: Token | undefined): Token {
  const token = (type: string, end: number): Token => ({ type, text: text.slice(start, end), offset: start, end });
  const code = text.charCodeAt(start);
  const isAfter = (type: string) => previous?.type === type && previous.end === start;
  if (isAfter('dot') && isNamePart(code)) return token('name', endOfName(text, start));
  const punctuation = punctuations.get(code);
  if (punctuation !== undefined) return token(punctuation, start + 1);
  if (isDigit(code)) return readNumber(text, start, token);
  if (isNamePart(code)) return readWord(text, start, token);
  switch (code) {
    case quote:
    case doubleQuote:
    case backquote:
      return readQuoted(text, start, mode, token);
    case dot:
      return isDigit(text.charCodeAt(start + 1)) && !isAfterBareName(text, start, previous)
        ? readFraction(text, start + 1, token)
        : token('dot', start + 1);
    case at:
      return token('variable', endOfVariable(text, start));
    default:
      return readSpacedDash(text, start, token) ?? readComment(text, start) ?? readOther(text, start, token);
  }
}

/** White space between tokens. No other character counts, not even the no-break space or the byte order mark. */
export function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

type MakeToken = (type: string, end: number) => Token;

const [quote, doubleQuote, backquote, dot, at] = [0x27, 0x22, 0x60, 0x2e, 0x40];
const [hash, minus, backslash] = [0x23, 0x2d, 0x5c];
const punctuations = new Map([
  [0x28, 'open'],
  [0x29, 'close'],
  [0x3b, 'semicolon'],
]);

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
const isLetter = (code: number) => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
const isHexDigit = (code: number) => isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
const isBinaryDigit = (code: number) => code === 0x30 || code === 0x31;
/** Every byte of a character beyond ASCII is a letter. */
const isNamePart = (code: number) => isLetter(code) || isDigit(code) || code === 0x5f || code === 0x24 || code >= 0x80;
const isVariablePart = (code: number) => isNamePart(code) || code === dot;
const isSign = (code: number) => code === 0x2b || code === minus;
const isExponent = (code: number) => code === 0x65 || code === 0x45;
/** `my_iscntrl`; the text ends with an implicit NUL. */
const isControl = (code: number) => Number.isNaN(code) || code < 0x20 || code === 0x7f;

function skip(text: string, start: number, belongs: (code: number) => boolean): number {
  let end = start;
  while (end < text.length && belongs(text.charCodeAt(end))) end += 1;
  return end;
}

const endOfName = (text: string, start: number) => skip(text, start, isNamePart);
const endOfDigits = (text: string, start: number) => skip(text, start, isDigit);

const isBeforeName = (text: string, end: number) =>
  text.charCodeAt(end) === dot && isNamePart(text.charCodeAt(end + 1));

function readWord(text: string, start: number, token: MakeToken): Token {
  const end = endOfName(text, start);
  return token(isBeforeName(text, end) ? 'name' : 'word', end);
}

/** After an unquoted name, a dot is not a decimal point. */
function isAfterBareName(text: string, start: number, previous: Token | undefined): boolean {
  return previous?.type === 'name' && previous.end === start && isNamePart(text.charCodeAt(start - 1));
}

/** A number, or a name that starts with digits. `1e1INTO`, `1.INTO` and `1.5INTO` are two tokens, `0x1INTO` and `1INTO` one name. */
function readNumber(text: string, start: number, token: MakeToken): Token {
  const based = endOfBased(text, start);
  if (based !== null) return token('number', based);
  const digits = endOfDigits(text, start);
  const next = text.charCodeAt(digits);
  if (next === dot) return readFraction(text, digits + 1, token);
  if (!isNamePart(next)) return token('number', digits);
  const exponent = isExponent(next) ? endOfExponent(text, digits) : null;
  return exponent === null ? token('name', endOfName(text, digits)) : token('number', exponent);
}

/** `0x1F` and `0b01`, in lower case only, unless a letter follows. */
function endOfBased(text: string, start: number): number | null {
  if (text[start] !== '0') return null;
  const belongs = text[start + 1] === 'x' ? isHexDigit : text[start + 1] === 'b' ? isBinaryDigit : null;
  if (belongs === null) return null;
  const end = skip(text, start + 2, belongs);
  return end > start + 2 && !isNamePart(text.charCodeAt(end)) ? end : null;
}

/** @param start after the point */
function readFraction(text: string, start: number, token: MakeToken): Token {
  const end = endOfDigits(text, start);
  if (!isExponent(text.charCodeAt(end))) return token('number', end);
  const exponent = endOfExponent(text, end);
  return exponent === null ? token('malformed', end + 1) : token('number', exponent);
}

/** @param start offset of the `e`. @returns null if no digit follows */
function endOfExponent(text: string, start: number): number | null {
  const digits = isSign(text.charCodeAt(start + 1)) ? start + 2 : start + 1;
  return isDigit(text.charCodeAt(digits)) ? endOfDigits(text, digits) : null;
}

function endOfVariable(text: string, start: number): number {
  if (text.charCodeAt(start + 1) !== at) return skip(text, start + 1, isVariablePart);
  let end = endOfName(text, start + 2);
  while (isBeforeName(text, end)) end = endOfName(text, end + 1);
  return end;
}

function readQuoted(text: string, start: number, mode: LexicalMode, token: MakeToken): Token {
  const mark = text[start] as string;
  const isString = mark === "'" || (mark === '"' && !mode.ansiQuotes);
  const end = endOfQuoted(text, start, isString && !mode.noBackslashEscapes);
  if (end === null)
    return { type: isString ? 'unclosedString' : 'unclosedName', text: mark, offset: start, end: text.length };
  return token(isString ? 'string' : 'name', end);
}

/** Offset after the closing quote; a doubled quote does not close. null if there is none. */
export function endOfQuoted(text: string, start: number, escapes: boolean): number | null {
  const mark = text.charCodeAt(start);
  for (let end = start + 1; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (escapes && code === backslash) end += 1;
    else if (code === mark && text.charCodeAt(end + 1) === mark) end += 1;
    else if (code === mark) return end + 1;
  }
  return null;
}

/** `--` starts a comment only before white space, a control character or the end of the text. */
function readSpacedDash(text: string, start: number, token: MakeToken): Token | null {
  const after = text.charCodeAt(start + 2);
  return text.startsWith('--', start) && (isBlank(after) || isControl(after))
    ? token('comment', endOfLine(text, start))
    : null;
}

/** `# …`, `/* … *\/`, and comments that a server may execute: https://mariadb.com/kb/en/comment-syntax/ */
export function readComment(text: string, start: number): Token | null {
  const token = (type: string, end: number): Token => ({ type, text: text.slice(start, end), offset: start, end });
  if (text.charCodeAt(start) === hash) return token('comment', endOfLine(text, start));
  if (!text.startsWith('/*', start)) return null;
  const close = text.indexOf('*/', start + 2);
  if (close === -1) return { type: 'unclosedComment', text: '/*', offset: start, end: text.length };
  const isExecutable = text[start + 2] === '!' || text.startsWith('M!', start + 2);
  return token(isExecutable ? 'executable' : 'comment', close + 2);
}

/** A NUL also ends a comment. */
export function endOfLine(text: string, start: number): number {
  return skip(text, start, (code) => code !== 0x0a && code !== 0);
}

function readOther(text: string, start: number, token: MakeToken): Token {
  const isPair = text.startsWith(':=', start) || text.startsWith('\\N', start);
  return token(text.charCodeAt(start) === 0 ? 'malformed' : 'other', start + (isPair ? 2 : 1));
}
