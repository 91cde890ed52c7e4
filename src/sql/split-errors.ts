import { MillraceError, type Span } from '../errors.ts';
import { maxClauseTokens, maxNesting, maxStatementLength, maxStatements } from './bounds.ts';
import { verbs } from './keywords.ts';
import { nearestWord } from './nearest-word.ts';
import type { Token } from './standard-lexer.ts';

const spanOf = (token: Token) => ({ start: token.offset, end: token.end });
const verbList = `${verbs.slice(0, -1).join(', ')} or ${verbs.at(-1)}`;

/** The start of a token's text, on one line, in quotes. */
export function quoteToken(text: string): string {
  const line = text.replace(/\s+/g, ' ').slice(0, 41);
  return line.length > 40 ? `'${line.slice(0, 39)}…'` : `'${line}'`;
}

export const unclosedString = (token: Token) =>
  new MillraceError('UNCLOSED_STRING', `this ${token.text === '`' ? 'name' : 'string'} is not closed`, {
    span: { start: token.offset, end: token.offset + 1 },
    hint: `close it with ${token.text}`,
  });

export const unclosedComment = (token: Token) =>
  new MillraceError('UNCLOSED_COMMENT', 'this comment is not closed', {
    span: { start: token.offset, end: token.offset + token.text.length },
    hint: 'close it with */',
  });

export const unclosedBracket = (open: Token) =>
  new MillraceError('UNCLOSED_BRACKET', `this '${open.text}' is not closed before its statement ends`, {
    span: spanOf(open),
    hint: `close it with '${open.text === '[' ? ']' : ')'}'`,
  });

export const unclosedBlock = (open: Token) =>
  new MillraceError('UNCLOSED_BLOCK', `this ${open.text.toUpperCase()} has no END`, {
    span: spanOf(open),
    hint: 'write END; after its last statement',
  });

export const delimiter = (token: Token) =>
  new MillraceError('DELIMITER', 'DELIMITER is a command of the mysql client, not SQL', {
    span: spanOf(token),
    hint: 'remove it: a body in BEGIN … END does not need it',
  });

export const verbWithoutQuery = (to: Token, verb: Token) =>
  new MillraceError('VERB_WITHOUT_QUERY', `TO ${verb.text.toUpperCase()} has no query before it`, {
    span: spanOf(to),
    hint: 'write the query here: SELECT … FROM …',
  });

export const notAQuery = (first: Token, verb: Token) =>
  new MillraceError(
    'NOT_A_QUERY',
    `TO ${verb.text.toUpperCase()} needs a query before it, but ${first.text.toUpperCase()} is not a query`,
    { span: spanOf(first), hint: 'start with SELECT, WITH or a query in brackets' },
  );

/** For a first word that does not start any statement of SQL. */
export const misspeltQuery = (first: Token, verb: Token, meant: string) =>
  new MillraceError(
    'NOT_A_QUERY',
    `TO ${verb.text.toUpperCase()} needs a query before it, but ${quoteToken(first.text)} does not start one`,
    { span: spanOf(first), hint: `did you mean ${meant}?` },
  );

export const twoQueries = (second: Token) =>
  new MillraceError('TWO_QUERIES', 'a second query starts before TO', {
    span: spanOf(second),
    hint: "end the first one with ';', or join the two with UNION",
  });

/** The database would read `--` at the end of a query as a comment. */
export const unfinishedQuery = (last: Token) =>
  new MillraceError('SYNTAX', `the query before TO ends with '${last.text}'`, {
    span: spanOf(last),
    hint: 'write the operand of the minus, or remove the minus',
  });

export const verbInBrackets = (verb: Token) =>
  new MillraceError('VERB_IN_BRACKETS', `TO ${verb.text.toUpperCase()} is inside brackets`, {
    span: spanOf(verb),
    hint: 'close the brackets before TO',
  });

export function unknownVerb(token: Token): MillraceError {
  const nearest = nearestWord(token.text, verbs);
  return new MillraceError('UNKNOWN_VERB', `TO must be followed by ${verbList}, not by ${quoteToken(token.text)}`, {
    span: spanOf(token),
    hint: nearest ? `did you mean ${nearest}?` : `write ${verbList}`,
  });
}

export const nothingAfterTo = (to: Token) =>
  new MillraceError('UNKNOWN_VERB', `TO must be followed by ${verbList}, but nothing follows it`, {
    span: spanOf(to),
    hint: 'write a verb after TO',
  });

export const missingSemicolon = (token: Token, what: string) =>
  new MillraceError('MISSING_SEMICOLON', `${what} starts a new statement; the previous one has no ';'`, {
    span: spanOf(token),
    hint: "add a ';' before it",
  });

export const nestedTooDeep = (token: Token) =>
  new MillraceError('NESTING_TOO_DEEP', `brackets are nested deeper than ${maxNesting} levels`, {
    span: spanOf(token),
    hint: 'remove some brackets',
  });

export const tooManyTokens = (token: Token) =>
  new MillraceError('STATEMENT_TOO_LONG', `the clauses of this statement have more than ${maxClauseTokens} tokens`, {
    span: spanOf(token),
    hint: 'shorten the lists, or split it into several statements',
  });

/** @param span of the first statement beyond the maximum */
export const programTooLong = ({ start }: Span) =>
  new MillraceError('PROGRAM_TOO_LONG', `the program has more than ${maxStatements} statements`, {
    span: { start, end: start + 1 },
    hint: 'submit this statement and those after it as a separate program',
  });

export const wideSpace = (character: string, offset: number) =>
  new MillraceError('UNKNOWN_CHARACTER', `${codePoint(character)} is part of a name to the database, not a space`, {
    span: { start: offset, end: offset + 1 },
    hint: 'replace it with a plain space',
  });

/** Names an invisible character by its number. */
const codePoint = (character: string) =>
  `the character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

export const statementTooLong = (start: number, length: number) =>
  new MillraceError(
    'STATEMENT_TOO_LONG',
    `this statement has ${length} characters; the maximum is ${maxStatementLength}`,
    { span: { start, end: start + 1 }, hint: 'split it into several statements' },
  );
