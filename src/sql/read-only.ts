import { MillraceError } from '../errors.ts';
import { type Context, judgeReadings, type Word } from './readings.ts';
import type { Program, Statement } from './statement.ts';

/**
 * The first statement of a program that may write, lock or set anything, or run what is not seen here. Sessions of readers are
 * READ ONLY besides, which keeps functions and views from writing tables; it does not keep SELECT … INTO OUTFILE from writing
 * files, or FOR UPDATE from locking rows.
 */
export function checkReadOnly({ statements }: Program): MillraceError | null {
  for (const statement of statements) {
    const does = writes(statement);
    if (does === null) continue;
    const message = `${does}, and your role is reader`;
    const hint = 'a reader may SELECT, SHOW, DESCRIBE and EXPLAIN; for more, ask for the role user';
    return new MillraceError('READ_ONLY_ROLE', message, { span: statement.span, hint });
  }
  return null;
}

/** Whether running a standard statement twice, or ending it early, is no different from reading it once. Doubtful ones do more. */
export const onlyReads = (sql: string): boolean => effectOf(sql) === null;

/** What it does that a reader may not; null: nothing. */
function writes(statement: Statement): string | null {
  if (statement.kind !== 'standard')
    return statement.kind === 'showTrain' ? 'this is SHOW TRAIN' : 'TO writes a result';
  return effectOf(statement.text);
}

/** What a standard statement does beyond reading, however the session reads it. */
function effectOf(sql: string): string | null {
  const effects = judgeReadings(sql, () => effectAt);
  return effects.length === 0 ? 'this is no query' : (effects.find((effect) => effect !== null) ?? null);
}

function effectAt({ word, next, previous, first }: Context): string | null {
  if (first === undefined) return word.token.type === 'end' ? 'this is no query' : null;
  if (!readers.has(first.keyword)) return `${first.token.type === 'word' ? first.keyword : 'this'} is no query`;
  if (explains.has(first.keyword) && word.keyword === 'ANALYZE') return 'EXPLAIN ANALYZE runs the statement';
  return effectOfWord(word, next.keyword, previous);
}

const readers = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN']);
const explains = new Set(['DESCRIBE', 'DESC', 'EXPLAIN']);

const reserved = new Set(['DELETE', 'INTO', 'UPDATE']);
/** Functions, too. */
const changers = new Set(['INSERT', 'REPLACE']);
const pairs = new Set(['FOR SHARE', 'FOR CONNECTION', 'LOCK IN', 'NEXT VALUE']);
const functions = new Set(['GET_LOCK', 'NEXTVAL', 'RELEASE_ALL_LOCKS', 'RELEASE_LOCK', 'SETVAL']);

function effectOfWord({ keyword, name, token }: Word, next: string, previous: Word | undefined): string | null {
  if (token.type === 'executable') return 'the server runs what stands in /*! */';
  if (token.type === 'malformed') return 'the servers do not agree on where this number or text ends';
  if (keyword === ':=') return ':= sets a variable';
  if (reserved.has(keyword)) return `the statement has ${keyword}`;
  if (changers.has(keyword) && next !== '(') return `the statement has ${keyword}`;
  if (pairs.has(`${keyword} ${next}`)) return `the statement has ${keyword} ${next}`;
  // In Oracle's mode: https://mariadb.com/kb/en/sequence-overview/
  if (name === 'NEXTVAL' && previous?.token.type === 'dot') return 'NEXTVAL changes what others see';
  return functions.has(name) && next === '(' ? `${name} changes what others see` : null;
}
