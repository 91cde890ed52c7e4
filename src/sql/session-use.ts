import { type Context, type Judge, judgeReadings } from './readings.ts';

/** Whether later statements of the same session may depend on a standard statement. Doubtful ones do. */
export function changesSession(sql: string): boolean {
  const ways = judgeReadings(sql, changes);
  return ways.length === 0 || ways.includes(true);
}

/** Whether its session keeps something that a later statement will surely miss in another. Doubtful ones do not. */
export function leavesInSession(sql: string): boolean {
  const ways = judgeReadings(sql, leaves);
  return ways.length > 0 && ways.every((way) => way === true);
}

const settings = new Set('SET USE BEGIN START LOCK FLUSH SAVEPOINT XA PREPARE EXECUTE HANDLER CALL'.split(' '));
const doubtful = new Set(['executable', 'malformed']);

function changes(): Judge<boolean> {
  const lead = leadOf();
  return (context) => {
    const [first = '', ...rest] = lead(context) ?? [];
    return settings.has(first) || makesTemporary(first, rest) || changesAt(context) ? true : null;
  };
}

function changesAt({ word: { keyword, name, token }, next }: Context): boolean {
  if (keyword === ':=' || doubtful.has(token.type)) return true;
  if (name === 'GET_LOCK') return next.keyword === '(';
  return keyword === 'INTO' && next.token.type === 'variable';
}

const kept = new Set(['USE', 'SAVEPOINT', 'PREPARE']);
/** Begins a SET of something else: variables of users, whose readers are looked at; and all sessions of ours speak utf8mb4. */
const notOfSession = new Set(['GLOBAL', 'PERSIST', 'PERSIST_ONLY', 'PASSWORD', 'DEFAULT', 'STATEMENT', 'NAMES']);

function leaves(): Judge<boolean> {
  const lead = leadOf();
  return (context) => {
    const words = lead(context);
    return words === null ? null : isKept(words);
  };
}

function isKept([first = '', ...rest]: readonly string[]): boolean {
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

const leadLength = 4;

/** The keywords that tell what a statement is, without the brackets before them, once: where they are complete. */
function leadOf(): (context: Context) => readonly string[] | null {
  const lead: string[] = [];
  let given = false;
  return ({ word, first }) => {
    const isEnd = word.token.type === 'end';
    if (first !== undefined && !isEnd && lead.length < leadLength) lead.push(word.keyword);
    if (given || (lead.length < leadLength && !isEnd)) return null;
    given = true;
    return lead;
  };
}
