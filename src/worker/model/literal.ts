/** A literal that cannot be read; the message says what stands where. */
export class LiteralError extends Error {}

/** A text, number, boolean or None: numbers and words as they are written. */
export type Scalar = { readonly text: string };
export type Literal = Scalar | { readonly items: readonly Scalar[] } | { readonly entries: readonly Entry[] };
export type Entry = readonly [key: Scalar, value: Scalar];

type Token = { readonly kind: 'sign' | 'word' | 'string' | 'end'; readonly text: string; readonly at: number };

/**
 * A flat list, tuple or dict of scalars, as Python's `repr` and JSON write them. Each character is looked at once.
 * @throws LiteralError
 */
export function readLiteral(source: string): Literal {
  const next = tokensOf(source);
  let token = next();
  const take = (): Token => {
    const taken = token;
    token = next();
    return taken;
  };
  const isSign = (sign: string) => token.kind === 'sign' && token.text === sign;
  const expect = (sign: string) => (isSign(sign) ? take() : fail(token));
  const scalar = (): Scalar => (token.kind === 'string' || token.kind === 'word' ? { text: take().text } : fail(token));

  function listUntil<T>(end: string, item: () => T): readonly T[] {
    const items: T[] = [];
    take();
    while (!isSign(end)) {
      items.push(item());
      if (!isSign(end)) expect(',');
    }
    take();
    return items;
  }

  function entry(): Entry {
    const key = scalar();
    expect(':');
    return [key, scalar()];
  }

  function literal(): Literal {
    if (isSign('{')) return { entries: listUntil('}', entry) };
    if (isSign('[')) return { items: listUntil(']', scalar) };
    if (isSign('(')) return { items: listUntil(')', scalar) };
    return scalar();
  }

  const value = literal();
  if (token.kind !== 'end') fail(token);
  return value;
}

function fail({ kind, text, at }: Token): never {
  const found = kind === 'end' ? 'its end' : kind === 'string' ? 'a text' : `'${text.slice(0, 20)}'`;
  throw new LiteralError(`${found} is not expected at character ${at + 1}`);
}

const signs = '{}[](),:';
const quotes = '\'"';

function tokensOf(source: string): () => Token {
  let at = 0;
  return () => {
    while (at < source.length && source[at]!.trim() === '') at++;
    const start = at;
    const first = source[at];
    if (first === undefined) return { kind: 'end', text: '', at };
    if (signs.includes(first)) return { kind: 'sign', text: source[at++]!, at: start };
    while (at < source.length && !isWordEnd(source[at]!)) at++;
    const word = source.slice(start, at);
    if (source[at] === undefined || !quotes.includes(source[at]!)) return { kind: 'word', text: word, at: start };
    if (!['', 'u', 'r'].includes(word.toLowerCase())) fail({ kind: 'word', text: word + source[at], at: start });
    const { text, end } = readString(source, at, word.toLowerCase() === 'r');
    at = end;
    return { kind: 'string', text, at: start };
  };
}

function isWordEnd(character: string): boolean {
  return signs.includes(character) || quotes.includes(character) || character.trim() === '';
}

/** Reads the string whose quote stands at `start`; `end` is behind its closing quote. */
function readString(source: string, start: number, raw: boolean): { readonly text: string; readonly end: number } {
  const quote = source[start];
  const parts: string[] = [];
  for (let at = start + 1; at < source.length; ) {
    const character = source[at]!;
    // A Python text may hold half of a surrogate pair, which no UTF-8 has.
    if (character === quote) return { text: parts.join('').toWellFormed(), end: at + 1 };
    const piece = character === '\\' ? readEscape(source, at, raw) : { text: character, length: 1 };
    parts.push(piece.text);
    at += piece.length;
  }
  throw new LiteralError(`the text that begins at character ${start + 1} has no closing quote`);
}

const single: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '/': '/',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Escapes of Python (https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences) and JSON; one that neither knows keeps
 * its backslash, as in Python.
 */
function readEscape(source: string, at: number, raw: boolean): { readonly text: string; readonly length: number } {
  const letter = source[at + 1] ?? '';
  if (raw) return { text: source.slice(at, at + 2), length: 2 };
  const digits = hexDigits[letter];
  if (digits !== undefined)
    return { text: fromHex(source.slice(at + 2, at + 2 + digits), digits, at), length: 2 + digits };
  if (letter >= '0' && letter <= '7') {
    const octal = /^[0-7]{1,3}/.exec(source.slice(at + 1, at + 4))![0];
    return { text: String.fromCodePoint(Number.parseInt(octal, 8)), length: 1 + octal.length };
  }
  const text = Object.hasOwn(single, letter) ? single[letter]! : `\\${letter}`;
  return { text, length: 1 + letter.length };
}

function fromHex(written: string, digits: number, at: number): string {
  const code = Number.parseInt(written, 16);
  if (written.length < digits || !/^[\da-f]+$/i.test(written) || code > 0x10ffff)
    throw new LiteralError(`the escape at character ${at + 1} is incomplete`);
  return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
}
