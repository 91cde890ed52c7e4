import type { Collector, Context } from './word.ts';
import { words } from './word.ts';

/** How a text uses its session, in one reading of it. */
export interface SessionUse {
  /** Whether later statements of the same session may depend on it. Doubtful ones do. */
  readonly changes: boolean;
  /** Whether the session keeps something that a later statement will surely miss in another. Doubtful ones do not. */
  readonly leaves: boolean;
  /** Whether the session may read SQL in another mode afterwards. */
  readonly changesMode: boolean;
}

const leadLength = 4;

export function createSessionUse(): Collector<SessionUse> {
  /** The keywords that tell what a statement is, without the brackets before them. */
  const lead: string[] = [];
  let [changes, changesMode] = [false, false];
  return {
    look(context) {
      changesMode ||= mayChangeMode(context);
      if (context.word.executed) return;
      if (context.first !== undefined && lead.length < leadLength) lead.push(context.word.keyword);
      changes ||= changesAt(context);
    },
    result: () => ({ changes: changes || isSetting(lead), leaves: isKept(lead), changesMode }),
  };
}

const settings = words('SET USE BEGIN START LOCK FLUSH SAVEPOINT XA PREPARE EXECUTE HANDLER CALL');

const isSetting = ([first = '', ...rest]: readonly string[]) => settings.has(first) || makesTemporary(first, rest);

function changesAt({ word: { keyword, name, token }, next }: Readonly<Context>): boolean {
  if (keyword === ':=' || token.type === 'executable' || token.type === 'malformed') return true;
  if (name === 'get_lock') return next.keyword === '(';
  return keyword === 'INTO' && next.token.type === 'variable';
}

/** What a procedure sets of it ends with it: https://dev.mysql.com/doc/refman/8.4/en/create-procedure.html */
function mayChangeMode({ word: { keyword, name, token } }: Readonly<Context>): boolean {
  if (token.type === 'variable') return token.text.toLowerCase().endsWith('sql_mode');
  return name === 'sql_mode' || keyword === 'EXECUTE';
}

const kept = words('USE SAVEPOINT PREPARE');
/** Begins a SET of something else: variables of users, whose readers are looked at; and all sessions of ours speak utf8mb4. */
const notOfSession = words('GLOBAL PERSIST PERSIST_ONLY PASSWORD DEFAULT STATEMENT NAMES');

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
