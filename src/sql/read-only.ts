import { MillraceError } from '../errors.ts';
import type { Program, Statement } from './statement.ts';
import { queryTokens } from './tokens.ts';

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

/** What it does that a reader may not; null: nothing. */
function writes(statement: Statement): string | null {
  if (statement.kind !== 'standard')
    return statement.kind === 'showTrain' ? 'this is SHOW TRAIN' : 'TO writes a result';
  const words = readWords(statement.text);
  const first = words.find(({ text }) => text !== '(')?.text ?? '';
  if (!readers.has(first)) return `${/^\w+$/.test(first) ? first : 'this'} is no query`;
  for (const [index, word] of words.entries()) {
    const does = refusal(word, words[index + 1]?.text ?? '');
    if (does !== null) return does;
  }
  return explains.has(first) && words.some(({ text }) => text === 'ANALYZE')
    ? 'EXPLAIN ANALYZE runs the statement'
    : null;
}

const readers = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN']);
const explains = new Set(['DESCRIBE', 'DESC', 'EXPLAIN']);

interface Word {
  /** A word in upper case, empty for a name; of other tokens the text. */
  readonly text: string;
  /** In upper case, without quotes. */
  readonly name: string;
  readonly type: string;
}

const reserved = new Set(['DELETE', 'INTO', 'UPDATE']);
/** Functions, too. */
const changers = new Set(['INSERT', 'REPLACE']);
const pairs = new Set(['FOR SHARE', 'FOR CONNECTION', 'LOCK IN', 'NEXT VALUE']);
const functions = new Set(['GET_LOCK', 'NEXTVAL', 'RELEASE_ALL_LOCKS', 'RELEASE_LOCK', 'SETVAL']);

function refusal({ text, name, type }: Word, next: string): string | null {
  if (type === 'executable') return 'the server runs what stands in /*! */';
  // In the mode ANSI_QUOTES it is a name, and the backslash stands for itself.
  if (type === 'string' && text.startsWith('"') && text.includes('\\'))
    return 'this string may be a name of another end';
  if (type === 'other' && text.includes(':=')) return ':= sets a variable';
  if (reserved.has(text)) return `the statement has ${text}`;
  if (changers.has(text) && next !== '(') return `the statement has ${text}`;
  if (pairs.has(`${text} ${next}`)) return `the statement has ${text} ${next}`;
  return functions.has(name) && next === '(' ? `${name} changes what others see` : null;
}

function readWords(text: string): readonly Word[] {
  const tokens = queryTokens(text);
  return tokens.map((token, index) => {
    const upper = afterNumber(token.text.toUpperCase());
    const [owner, dot] = [tokens[index - 2], tokens[index - 1]];
    const afterOwner = dot?.type === 'dot' && owner?.type === 'word' && /^\D/.test(owner.text);
    const isName = token.text.startsWith('`') || (afterOwner && /^\D/.test(token.text));
    const word = isName ? '' : upper;
    return { text: token.type === 'word' ? word : token.text, name: upper.replaceAll('`', ''), type: token.type };
  });
}

/** A number ends where it can go on no more: `1.5INTO`, `1e0INTO` and `1.INTO` are two tokens to the server. */
const afterNumber = (word: string) => word.replace(/^\d+(?:E\d+)?(?=[A-Z])/, '');
