import { MillraceError, type Span } from '../errors.ts';
import { maxClauseTokens, maxErrors, maxNesting, maxStatementLength, maxStatements } from './bounds.ts';
import { createFactsReader, type Facts, type FactsReader } from './facts/facts.ts';
import { isClauseKeyword, modelKeywords } from './keywords.ts';
import { defaultMode, type LexicalMode } from './lexical-mode.ts';
import { closeHead, createHead, type Extension, endsHead, readHead } from './query-head.ts';
import * as errors from './split-errors.ts';
import type { Token } from './standard-lexer.ts';
import { createScanner, type Scanner } from './tokens.ts';

/** A statement of a program, before its clauses are parsed. */
export type Piece = StandardPiece | ExtendedPiece;

export interface StandardPiece {
  readonly kind: 'standard';
  readonly span: Span;
  /** null if they were not requested. */
  readonly facts: Facts | null;
}

export interface ExtendedPiece {
  readonly kind: 'extended';
  readonly span: Span;
  /** Null for statements about models. */
  readonly query: Span | null;
  /** Facts of the query; null if there is none or they were not requested. */
  readonly facts: Facts | null;
  /** Between the query and the verb, or between the words of a statement about models. */
  readonly comments: readonly Token[];
  /** Tokens from the verb on, including comments; the last one has the type `end`. */
  readonly tokens: readonly Token[];
}

export interface Split {
  readonly pieces: readonly Piece[];
  /** Comments before a statement's first token, or after the last statement. */
  readonly comments: readonly Token[];
  readonly errors: readonly MillraceError[];
}

interface Step {
  readonly piece: Piece | null;
  readonly more: boolean;
}

/** Verbs that are followed by the reference of an image, estimator or model. */
const referenceVerbs = new Set(['RUN', 'TRAIN', 'EXPLAIN', 'EVALUATE', 'SHOW', 'CREATE', 'DESCRIBE', 'DROP', 'SET']);
/** The reference of a model may follow them. */
const referenceWords = new Set(['USING', 'LIKE', 'EXISTS']);
const closings: Readonly<Record<string, string>> = { open: 'close', openList: 'closeList' };
/** After these errors the start of the next statement is unknown. */
const lastErrors = new Set(['DELIMITER', 'PROGRAM_TOO_LONG', 'UNCLOSED_STRING', 'UNCLOSED_COMMENT']);

/**
 * Finds the statements of a program, and where the clauses of extended ones start, in one pass over the text.
 * @param withFacts whether to compute what their standard SQL does and needs in the same pass
 */
export function splitProgram(text: string, mode: LexicalMode = defaultMode, withFacts = false): Split {
  const split = { pieces: [] as Piece[], comments: [] as Token[], errors: [] as MillraceError[] };
  const scanner = createScanner(text, mode);
  for (let more = true; more; ) {
    try {
      const reader = withFacts ? createFactsReader(mode) : null;
      const step = readStatement(scanner, split.comments, text, reader);
      if (step.piece && split.pieces.length === maxStatements) throw errors.programTooLong(step.piece.span);
      if (step.piece) split.pieces.push(step.piece);
      more = step.more;
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      split.errors.push(error);
      more = !lastErrors.has(error.code) && split.errors.length < maxErrors && skipStatement(scanner);
    }
  }
  return split;
}

function readStatement(scanner: Scanner, comments: Token[], text: string, reader: FactsReader | null): Step {
  scanner.enter('start');
  const head = createHead();
  for (let token = scanner.next(); ; token = scanner.next()) {
    if (token?.type === 'comment') {
      (head.first ? head.comments : comments).push(token);
      continue;
    }
    if (!token || (token.type === 'semicolon' && endsHead(head, token))) {
      const span = closeHead(head);
      return {
        piece: span && standardPiece(span, factsOf(reader, text, boundLength(span))),
        more: token !== undefined,
      };
    }
    scanner.enter('query');
    const extension = readHead(head, refuseUnclosed(token));
    if (extension) return readClauses(scanner, extension, (query) => factsOf(reader, text, query, true));
    reader?.read(token);
  }
}

const standardPiece = (span: Span, facts: Facts | null): StandardPiece => ({ kind: 'standard', span, facts });

/** @param withTo whether the reader has already read TO */
function factsOf(reader: FactsReader | null, text: string, span: Span, withTo = false): Facts | null {
  return reader?.end(text.slice(span.start, span.end), span, withTo) ?? null;
}

function readClauses(
  scanner: Scanner,
  { query, comments, verb, isAhead }: Extension,
  factsOf: (query: Span) => Facts | null,
): Step {
  const tokens = [...verb];
  const brackets: Token[] = [];
  const start = query?.start ?? (verb[0] as Token).offset;
  let end = (verb.at(-1) as Token).end;
  let clause = '';
  let words = verb.length;
  scanner.enter(referenceVerbs.has((verb[0] as Token).type) ? 'reference' : 'clause');
  if (isAhead) scanner.back();
  for (let read = scanner.next(); read && read.type !== 'semicolon'; read = scanner.next()) {
    const token = asKeyword(refuseUnclosed(read), verb, words);
    tokens.push(token);
    if (token.type === 'comment') continue;
    words += 1;
    clause = isClauseKeyword(token.type) ? token.type : clause;
    const isListed = token.type === 'comma' && clause === 'USING';
    scanner.enter(referenceWords.has(token.type) || isListed ? 'reference' : 'clause');
    followBrackets(brackets, token);
    if (tokens.length > maxClauseTokens) throw errors.tooManyTokens(token);
    end = token.end;
  }
  const open = brackets.at(-1);
  if (open) throw errors.unclosedBracket(open);
  const span = boundLength({ start, end });
  tokens.push(endToken(scanner.last(), end));
  const facts = query && factsOf(query);
  return { piece: { kind: 'extended', span, query, facts, comments, tokens }, more: scanner.last() !== undefined };
}

/** Words that are keywords only in statements about models, and only before WITH. @param words number of tokens before it */
function asKeyword(token: Token, verb: readonly Token[], words: number): Token {
  const [first, second] = verb as [Token, Token?];
  if (second === undefined || !/^MODELS?$/.test(second.type)) return token;
  if (token.type !== 'name' && token.type !== 'reference') return token;
  const upper = token.text.toUpperCase();
  // The first word after CREATE MODEL or SET MODEL is the model's name, whatever it is.
  const isName = words === 2 && (first.type === 'CREATE' || first.type === 'SET');
  if (isName || words > 5 || !modelKeywords[first.type]?.includes(upper)) return token;
  return { ...token, type: upper };
}

/** The semicolon, or the place where it would be. */
const endToken = (semicolon: Token | undefined, end: number): Token =>
  semicolon ? { ...semicolon, type: 'end' } : { type: 'end', text: '', offset: end, end };

function followBrackets(brackets: Token[], token: Token) {
  if (token.type in closings) brackets.push(token);
  else if (closings[brackets.at(-1)?.type ?? ''] === token.type) brackets.pop();
  if (brackets.length > maxNesting) throw errors.nestedTooDeep(token);
}

/** Skips to the end of a statement that has an error; false at the end of the text. */
function skipStatement(scanner: Scanner): boolean {
  scanner.enter('query');
  let token = scanner.last();
  while (token && token.type !== 'semicolon') token = scanner.next();
  return token !== undefined;
}

function refuseUnclosed(token: Token): Token {
  if (token.type === 'unclosedString' || token.type === 'unclosedName') throw errors.unclosedString(token);
  if (token.type === 'unclosedComment') throw errors.unclosedComment(token);
  return token;
}

function boundLength(span: Span): Span {
  const length = span.end - span.start;
  if (length > maxStatementLength) throw errors.statementTooLong(span.start, length);
  return span;
}
