import type { Span } from '../errors.ts';
import { maxNesting } from './bounds.ts';
import { verbs } from './keywords.ts';
import { nearestWord } from './nearest-word.ts';
import * as errors from './split-errors.ts';
import type { Token } from './standard-lexer.ts';
import { type BlockTracker, createBlockTracker } from './stored-program.ts';
import { refuseWideSpace } from './wide-space.ts';

/** What is known about a statement from its first token to its end, or to the verb that makes it an extended statement. */
export interface Head {
  first: Token | null;
  /** The first word, or the UPDATE or DELETE after WITH, and its upper case. */
  statement: Token | null;
  statementWord: string;
  isQuery: boolean;
  previous: Token | null;
  /** Upper case; empty for a quoted name or one after a dot. */
  previousWord: string;
  beforePrevious: Token | null;
  /** After the first token. */
  readonly comments: Token[];
  readonly brackets: Token[];
  readonly blocks: BlockTracker;
  hasSelect: boolean;
  secondQuery: Token | null;
  verbInBrackets: Token | null;
  /** `FOR SYSTEM_TIME FROM a TO b`: https://mariadb.com/kb/en/system-versioned-tables/ */
  hasPeriod: boolean;
  hasExecutableComment: boolean;
}

/** The place where a statement turns out to be an extended one. */
export interface Extension {
  /** Null for statements about models. */
  readonly query: Span | null;
  /** Between the query and the verb, or between the words of a statement about models. */
  readonly comments: readonly Token[];
  /** The verb; for statements about models both words. */
  readonly verb: readonly Token[];
  /** Whether the token after the verb has been read as standard SQL, and must be read again. */
  readonly isAhead: boolean;
}

const queryWords = new Set(['SELECT', 'WITH', 'TABLE', 'VALUES', '(']);
const setOperators = new Set(['UNION', 'EXCEPT', 'INTERSECT', 'MINUS', 'ALL', 'DISTINCT']);
/** Statements in which SQL itself has no TO; in CREATE, only the body of a stored program can have one. */
const statementsWithoutTo = new Set(
  'CALL CREATE DELETE DESC DESCRIBE DO DROP EXPLAIN INSERT REPLACE SHOW TRUNCATE UPDATE USE'.split(' '),
);
const periodWords = new Set(['SYSTEM_TIME', 'PORTION']);
const verbWords = new Set<string>(verbs);

export const createHead = (): Head => ({
  first: null,
  statement: null,
  statementWord: '',
  isQuery: false,
  previous: null,
  previousWord: '',
  beforePrevious: null,
  comments: [],
  brackets: [],
  blocks: createBlockTracker(),
  hasSelect: false,
  secondQuery: null,
  verbInBrackets: null,
  hasPeriod: false,
  hasExecutableComment: false,
});

export function readHead(head: Head, token: Token): Extension | null {
  const word = plainWord(head, token);
  refuseWideSpace(token, head.previous, head.isQuery);
  if (!head.first) beginStatement(head, token, word);
  head.blocks.read(token, word);
  followBrackets(head, token);
  head.hasPeriod ||= periodWords.has(word);
  head.hasExecutableComment ||= token.type === 'executable';
  const extension = findVerb(head, token, word);
  head.beforePrevious = head.previous;
  head.previous = token;
  head.previousWord = word;
  return extension;
}

/** Whether a semicolon ends the statement; inside a stored program's body it does not. */
export function endsHead(head: Head, semicolon: Token): boolean {
  head.blocks.read(semicolon, ';');
  return !head.blocks.open();
}

/** The complete standard statement, at its end; null if there is none. */
export function closeHead(head: Head): Span | null {
  if (!head.first || !head.previous) return null;
  const block = head.blocks.open();
  if (block) throw errors.unclosedBlock(block);
  const bracket = head.brackets.at(-1);
  // The content of `/*! … */` is not read and may contain the matching bracket.
  if (bracket && !head.hasExecutableComment) throw errors.unclosedBracket(bracket);
  if (head.verbInBrackets) throw errors.verbInBrackets(head.verbInBrackets);
  if (head.isQuery && head.previousWord === 'TO') throw errors.nothingAfterTo(head.previous);
  return { start: head.first.offset, end: Math.max(head.previous.end, endOfComments(head)) };
}

/** White space at the end of a line comment is not part of the statement. */
function endOfComments({ comments }: Head): number {
  const last = comments.at(-1);
  return last ? last.offset + last.text.trimEnd().length : 0;
}

/** Upper case; empty for what cannot be a keyword: a quoted name, or a name after a dot. */
function plainWord(head: Head, token: Token): string {
  if (token.type === 'name' || (token.type === 'word' && head.previous?.type === 'dot')) return '';
  return token.type === 'word' ? token.text.toUpperCase() : token.text;
}

function beginStatement(head: Head, token: Token, word: string) {
  if (word === 'DELIMITER') throw errors.delimiter(token);
  head.first = token;
  head.statement = token;
  head.statementWord = word;
  head.isQuery = queryWords.has(word);
}

function followBrackets(head: Head, token: Token) {
  if (token.type === 'open') head.brackets.push(token);
  else if (token.type === 'close') head.brackets.pop();
  if (head.brackets.length > maxNesting) throw errors.nestedTooDeep(token);
}

function findVerb(head: Head, token: Token, word: string): Extension | null {
  if (head.brackets.length > 0) {
    if (head.previousWord === 'TO' && head.isQuery && verbWords.has(word)) head.verbInBrackets ??= token;
    return null;
  }
  if (head.previousWord === 'TO') return verbAfterTo(head, head.previous as Token, token, word);
  const model = modelStatement(head, token, word);
  if (model !== null) return model;
  followQuery(head, token, word);
  return null;
}

function verbAfterTo(head: Head, to: Token, token: Token, word: string): Extension | null {
  const isVerb = verbWords.has(word);
  const first = head.first as Token;
  if (to === first) throw isVerb ? errors.verbWithoutQuery(to, token) : errors.unknownVerb(token);
  if (!head.isQuery) {
    const statement = head.statement as Token;
    if (isVerb && statementsWithoutTo.has(head.statementWord) && !head.blocks.isProgram())
      throw errors.notAQuery(statement, token);
    const meant = isVerb ? nearestWord(head.statementWord, ['SELECT', 'WITH']) : undefined;
    if (meant !== undefined) throw errors.misspeltQuery(statement, token, meant);
    return null;
  }
  if (!isVerb) {
    if (head.hasPeriod) return null;
    throw errors.unknownVerb(token);
  }
  if (head.secondQuery) throw errors.twoQueries(head.secondQuery);
  const last = head.beforePrevious as Token;
  if (last.text === '-') throw errors.unfinishedQuery(last);
  const query = { start: first.offset, end: last.end };
  return { query, comments: commentsFrom(head, query.end), verb: [{ ...token, type: verbType(word) }], isAhead: false };
}

const commentsFrom = ({ comments }: Head, offset: number) => comments.filter((comment) => comment.offset >= offset);

const verbType = (word: string) => (word === 'MAXIMIZE' || word === 'MINIMIZE' ? 'OPTIMIZE' : word);

/** Pairs of words that start no statement of SQL. */
const modelPairs: readonly (readonly [first: string, second: string])[] = [
  ['SHOW', 'TRAIN'],
  ['SHOW', 'TRIALS'],
  ['SHOW', 'MODELS'],
  ['CREATE', 'MODEL'],
  ['DROP', 'MODEL'],
];
/** In SQL, `DESCRIBE model` names a table, and `SET model = 1` a variable. A name after these words makes a statement about a model. */
const modelNamed = new Set(['DESCRIBE', 'SET']);
const modelNameStarts = new Set(['word', 'name', 'number', 'string']);

function modelStatement(head: Head, token: Token, word: string): Extension | null {
  const { previous, previousWord, first } = head;
  if (modelPairs.some(([one, two]) => previousWord === one && word === two)) {
    if (previous === first) return modelExtension(head, previous as Token, token, false);
    if (head.isQuery && previousWord === 'SHOW') throw errors.missingSemicolon(previous as Token, `SHOW ${word}`);
  }
  const isNamed = head.beforePrevious === first && previousWord === 'MODEL' && modelNamed.has(head.statementWord);
  if (!isNamed || !modelNameStarts.has(token.type)) return null;
  return modelExtension(head, first as Token, previous as Token, true);
}

function modelExtension({ comments }: Head, first: Token, second: Token, isAhead: boolean): Extension {
  const verb = [first, second].map((word) => ({ ...word, type: word.text.toUpperCase() }));
  return { query: null, comments, verb, isAhead };
}

/** WITH can introduce an UPDATE or DELETE, and a query can follow a query. */
function followQuery(head: Head, token: Token, word: string) {
  const afterWith = head.statementWord === 'WITH' && !head.hasSelect;
  if (afterWith && (word === 'UPDATE' || word === 'DELETE')) {
    head.statement = token;
    head.statementWord = word;
    head.isQuery = false;
  }
  if (word !== 'SELECT') return;
  const continues = token === head.first || afterWith || setOperators.has(head.previousWord);
  if (!continues) head.secondQuery ??= token;
  head.hasSelect = true;
}
