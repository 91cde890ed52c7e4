import { readings, type Word } from './readings.ts';

/** Whether later statements of the same session may depend on a standard statement. Doubtful ones do. */
export function changesSession(sql: string): boolean {
  const ways = readings(sql);
  return ways.length === 0 || ways.some(changes);
}

/** Whether its session keeps something that a later statement will surely miss in another. Doubtful ones do not. */
export function leavesInSession(sql: string): boolean {
  const ways = readings(sql);
  return ways.length > 0 && ways.every(leaves);
}

const settings = new Set('SET USE BEGIN START LOCK FLUSH SAVEPOINT XA PREPARE EXECUTE HANDLER CALL'.split(' '));
const doubtful = new Set(['executable', 'malformed']);

function changes(words: readonly Word[]): boolean {
  const [first = '', ...rest] = firstKeywords(words);
  if (settings.has(first) || makesTemporary(first, rest)) return true;
  return words.some(
    ({ keyword, name, token }, index) =>
      keyword === ':=' ||
      doubtful.has(token.type) ||
      (name === 'GET_LOCK' && words[index + 1]?.keyword === '(') ||
      (keyword === 'INTO' && words[index + 1]?.token.type === 'variable'),
  );
}

const kept = new Set(['USE', 'SAVEPOINT', 'PREPARE']);
/** Begins a SET of something else: variables of users, whose readers are looked at; and all sessions of ours speak utf8mb4. */
const notOfSession = new Set(['GLOBAL', 'PERSIST', 'PERSIST_ONLY', 'PASSWORD', 'DEFAULT', 'STATEMENT', 'NAMES']);

function leaves(words: readonly Word[]): boolean {
  const [first = '', ...rest] = firstKeywords(words);
  const [second = ''] = rest;
  if (kept.has(first) || makesTemporary(first, rest)) return true;
  if (first === 'START') return second === 'TRANSACTION';
  if (first === 'BEGIN') return second !== 'NOT';
  if (first === 'LOCK') return second === 'TABLE' || second === 'TABLES';
  return first === 'SET' && !notOfSession.has(second) && !isUserVariable(second);
}

const isUserVariable = (text: string) => text.startsWith('@') && !text.startsWith('@@');

function makesTemporary(first: string, rest: readonly string[]): boolean {
  const object = rest[0] === 'OR' && rest[1] === 'REPLACE' ? rest[2] : rest[0];
  return first === 'CREATE' && object === 'TEMPORARY';
}

/** As many as tell what a statement is, without the brackets before them. */
function firstKeywords(words: readonly Word[]): readonly string[] {
  const start = words.findIndex(({ token }) => token.type !== 'open');
  return words.slice(start, start + 4).map(({ keyword }) => keyword);
}
