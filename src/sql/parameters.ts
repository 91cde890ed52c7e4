import { MillraceError, type Span } from '../errors.ts';
import { maxParameterNames, maxStatementLength } from './bounds.ts';
import { defaultMode, type LexicalMode } from './lexical-mode.ts';
import { quoteString } from './quoting.ts';
import { type ExtendedPiece, type Piece, splitProgram } from './split.ts';
import { endOfQuoted } from './standard-lexer.ts';
import { queryTokens } from './tokens.ts';

/** A number in JSON's form, kept as text to preserve its digits. */
export interface ExactNumber {
  readonly digits: string;
}

export type Scalar = string | number | boolean | ExactNumber | null;
export type Parameters = readonly Scalar[] | Readonly<Record<string, Scalar>>;

interface Placeholder {
  readonly span: Span;
  /** null for `?` */
  readonly name: string | null;
  readonly quote: (value: string) => string;
}

/**
 * The program with a literal for each placeholder: `?` for the parameters of a list, in order, or `:name` for those of an object.
 * Placeholders in strings, quoted names and comments are ignored. A program that cannot be split into statements is returned
 * unchanged, so that `parseProgram` rejects it.
 *
 * @param mode of the session in which the program will run
 * @throws {MillraceError} PARAMETER_MISSING, PARAMETER_UNUSED, STATEMENT_TOO_LONG
 */
export function bindParameters(text: string, parameters: Parameters, mode: LexicalMode = defaultMode): string {
  const isList = Array.isArray(parameters);
  const count = isList ? parameters.length : Object.keys(parameters).length;
  if (!isList && count > maxParameterNames) throw tooManyNames(count);
  const { pieces, errors } = splitProgram(text, mode);
  if (errors.length > 0 || count === 0) return text;
  const placeholders = pieces
    .flatMap((piece) => findIn(text, piece, mode))
    .filter(({ name }) => (name === null) === isList);
  const values = isList
    ? inOrder(placeholders, parameters)
    : byName(placeholders, parameters as Readonly<Record<string, Scalar>>);
  return put(text, placeholders, values);
}

/** The text with a literal in place of each placeholder. The literal of a repeated name is built once. */
function put(text: string, placeholders: readonly Placeholder[], values: readonly Scalar[]): string {
  const known = new Map<Placeholder['quote'], Map<string, string>>();
  const parts: string[] = [];
  let [from, length] = [0, text.length];
  for (const [index, placeholder] of placeholders.entries()) {
    const { start, end } = placeholder.span;
    const written = writtenBefore(known, values[index] ?? null, placeholder);
    length += written.length;
    if (length > maxStatementLength) throw tooLong(placeholder);
    parts.push(text.slice(from, start), apart(text[start - 1]), written, apart(text[end]));
    from = end;
  }
  return parts.join('') + text.slice(from);
}

function writtenBefore(
  known: Map<Placeholder['quote'], Map<string, string>>,
  value: Scalar,
  placeholder: Placeholder,
): string {
  const { name, quote } = placeholder;
  if (name === null || typeof value !== 'string') return literal(value, placeholder);
  const byName = known.get(quote) ?? new Map<string, string>();
  known.set(quote, byName);
  const written = byName.get(name) ?? literal(value, placeholder);
  byName.set(name, written);
  return written;
}

const tooManyNames = (count: number) =>
  new MillraceError(
    'STATEMENT_TOO_LONG',
    `the program has ${count} named parameters; the maximum is ${maxParameterNames}`,
    { hint: 'pass the values as a list for ?, or put them into a table and name it in the program' },
  );

const tooLong = ({ span }: Placeholder) =>
  new MillraceError(
    'STATEMENT_TOO_LONG',
    `with its parameters the program has more than ${maxStatementLength} characters`,
    {
      span,
      hint: 'put the values into a table and name it here',
    },
  );

function findIn(text: string, piece: Piece, mode: LexicalMode): readonly Placeholder[] {
  if (piece.kind === 'standard') return [...inStandard(text, piece.span, mode)];
  return [...(piece.query ? inStandard(text, piece.query, mode) : []), ...inClauses(text, piece)];
}

/** Standard SQL, or the query of an extended statement. */
function* inStandard(text: string, span: Span, mode: LexicalMode): Generator<Placeholder> {
  const quote = mode.noBackslashEscapes ? quoteWithoutEscapes : quoteStandard;
  for (const { type, offset } of queryTokens(text.slice(span.start, span.end), mode)) {
    if (type === 'other') yield* at(text, span.start + offset, quote);
  }
}

/** No token of a clause contains either character, except names with a `:` inside. */
function* inClauses(text: string, { tokens }: ExtendedPiece): Generator<Placeholder> {
  for (const { type, offset } of tokens) {
    if (type === 'invalid') yield* at(text, offset, quoteString);
  }
}

const maxNameLength = 256;

/** A `:` directly after a name ends a label. */
function* at(text: string, start: number, quote: Placeholder['quote']): Generator<Placeholder> {
  if (text[start] === '?') yield { span: { start, end: start + 1 }, name: null, quote };
  if (text[start] !== ':' || /[\w$`"'\u0080-\uffff]/.test(text[start - 1] ?? '')) return;
  const [name] = /^[A-Za-z_]\w*/.exec(text.slice(start + 1, start + 1 + maxNameLength)) ?? [];
  if (name !== undefined) yield { span: { start, end: start + 1 + name.length }, name, quote };
}

function inOrder(placeholders: readonly Placeholder[], parameters: readonly Scalar[]): readonly Scalar[] {
  const [wanted, given] = [placeholders.length, parameters.length];
  const hint = 'pass one value for each ? outside strings and comments';
  if (wanted > given) {
    const message = `the program has ${wanted} ?, but ${given} ${given === 1 ? 'parameter is' : 'parameters are'} given`;
    throw new MillraceError('PARAMETER_MISSING', message, { span: placeholders[given]?.span, hint });
  }
  if (given > wanted) {
    const message = `${given} ${given === 1 ? 'parameter is' : 'parameters are'} given, but the program has ${wanted} ?`;
    throw new MillraceError('PARAMETER_UNUSED', message, { span: placeholders.at(-1)?.span, hint });
  }
  return parameters;
}

function byName(
  placeholders: readonly Placeholder[],
  parameters: Exclude<Parameters, readonly Scalar[]>,
): readonly Scalar[] {
  // A Map, because an object interns every name that is looked up in it.
  const given = new Map(Object.entries(parameters));
  const used = new Set<string>();
  const values = placeholders.map(({ name, span }) => {
    const value = given.get(name ?? '');
    if (value === undefined) throw missing(name ?? '', span, [...given.keys()]);
    used.add(name ?? '');
    return value;
  });
  if (used.size === given.size) return values;
  const unused = [...given.keys()].find((name) => !used.has(name)) ?? '';
  const hint = `write :${unused} where the value belongs, or remove the parameter`;
  throw new MillraceError('PARAMETER_UNUSED', `the program has no placeholder :${unused}`, { hint });
}

const mostNames = 20;

function missing(name: string, span: Span, names: readonly string[]): MillraceError {
  const shown = names.slice(0, mostNames).join(', ') + (names.length > mostNames ? ', …' : '');
  const hint = names.length === 0 ? `pass a value for ${name}` : `pass a value for ${name}; given: ${shown}`;
  return new MillraceError('PARAMETER_MISSING', `the parameter ${name} has no value`, { span, hint });
}

function literal(value: Scalar, { span, quote }: Placeholder): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'object' && value !== null) return value.digits;
  if (typeof value !== 'number') return String(value).toUpperCase();
  if (Number.isFinite(value)) return String(value);
  throw new MillraceError('PARAMETER_MISSING', `the parameter is ${value}`, { span, hint: 'give a finite number' });
}

/**
 * It also ends at the right place if NO_BACKSLASH_ESCAPES is set unexpectedly.
 * https://dev.mysql.com/doc/refman/8.4/en/string-literals.html
 */
const quoteStandard = (value: string) => `'${value.replace(/[\\'\0]/g, (character) => escapes[character] as string)}'`;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "''", '\0': '\\0' };

/** A string that would end elsewhere in a session with backslash escapes is written in hexadecimal, which is unambiguous. */
function quoteWithoutEscapes(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  if (endOfQuoted(quoted, 0, true) === quoted.length) return quoted;
  return `_utf8mb4 X'${Buffer.from(value).toString('hex')}'`;
}

/** Keeps a literal apart from adjacent text: `LIMIT?`, `-?`, `'a'?`. */
const apart = (neighbour: string | undefined) => (neighbour === undefined || /[\s(),;=<>]/.test(neighbour) ? '' : ' ');
