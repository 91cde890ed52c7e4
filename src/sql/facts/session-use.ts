import type { Collector, Context } from './word.ts';
import { words } from './word.ts';

/** How a text uses its session, in one reading of the text. */
export interface SessionUse {
  /** Whether later statements of the session may depend on it. True if in doubt. */
  readonly changes: boolean;
  /** Whether it certainly leaves session state that a later statement would miss in another session. False if in doubt. */
  readonly leaves: boolean;
  /** Whether it runs other statements, by a call or in its body. True if in doubt. */
  readonly runsOthers: boolean;
  /** Whether it may change the mode in which the session reads SQL. */
  readonly changesMode: boolean;
}

const leadLength = 4;

export function createSessionUse(): Collector<SessionUse> {
  /** The first keywords of a statement, which tell its kind, ignoring opening brackets. */
  const lead: string[] = [];
  let beginsWithWord = false;
  let [changes, changesMode] = [false, false];
  return {
    look(context) {
      changesMode ||= mayChangeMode(context);
      if (context.word.executed) return;
      if (context.first !== undefined && lead.length < leadLength) lead.push(context.word.keyword);
      if (context.first === context.word) beginsWithWord = context.word.token.type === 'word';
      changes ||= changesAt(context);
    },
    result() {
      const runsOthers = !beginsWithWord || isRunner(lead);
      return { changes: changes || runsOthers || isSetting(lead), leaves: isKept(lead), runsOthers, changesMode };
    },
  };
}

const settings = words('SET USE START LOCK FLUSH SAVEPOINT XA PREPARE HANDLER');
/** First words of statements that run others. MariaDB also allows those of stored programs outside stored programs. */
const runners = words('CALL EXECUTE BEGIN IF CASE LOOP REPEAT WHILE FOR');

function isRunner([first = '', second = '']: readonly string[]): boolean {
  // A label: `a: BEGIN`.
  return runners.has(first) || second.startsWith(':');
}

const isSetting = (lead: readonly string[]) => settings.has(lead[0] ?? '') || makesTemporary(lead);

function changesAt({ word: { keyword, name, token }, next }: Readonly<Context>): boolean {
  if (keyword === ':=' || token.type === 'executable' || token.type === 'malformed') return true;
  if (name === 'get_lock') return next.keyword === '(';
  return keyword === 'INTO' && next.token.type === 'variable';
}

/** What a procedure sets here is restored when it ends: https://dev.mysql.com/doc/refman/8.4/en/create-procedure.html */
function mayChangeMode({ word: { keyword, name, token } }: Readonly<Context>): boolean {
  if (token.type === 'variable') return token.text.toLowerCase().endsWith('sql_mode');
  return name === 'sql_mode' || keyword === 'EXECUTE';
}

const kept = words('USE SAVEPOINT PREPARE');
/** Words after SET that do not set session state. User variables are checked at their readers; all our sessions use utf8mb4. */
const notOfSession = words('GLOBAL PERSIST PERSIST_ONLY PASSWORD DEFAULT STATEMENT NAMES');

function isKept(lead: readonly string[]): boolean {
  const [first = '', second = ''] = lead;
  if (kept.has(first) || makesTemporary(lead)) return true;
  if (first === 'START') return second === 'TRANSACTION';
  if (first === 'BEGIN') return second !== 'NOT';
  if (first === 'LOCK') return second === 'TABLE' || second === 'TABLES';
  return first === 'SET' && !notOfSession.has(second) && !isUserVariable(second);
}

const isUserVariable = (text: string) => text.startsWith('@') && !text.startsWith('@@');

function makesTemporary([first, ...rest]: readonly string[]): boolean {
  const object = rest[0] === 'OR' && rest[1] === 'REPLACE' ? rest[2] : rest[0];
  return first === 'CREATE' && object === 'TEMPORARY';
}
