import type { Collector, Context } from './word.ts';
import { foldName, isName, words, writtenName } from './word.ts';

/** A table or view as it is written in a text. */
export interface TableReference {
  readonly database: string | null;
  readonly table: string;
}

/** What stands between two brackets, or around them all. */
interface Frame {
  /** A SELECT stands in it: FROM begins a list of tables, and is no part of a function such as EXTRACT. */
  isQuery: boolean;
  inTables: boolean;
  tableIsDue: boolean;
  /** How far a WITH in it has come. */
  definition: 'name' | 'columns' | 'body' | 'comma' | null;
  /** Of the WITH. */
  isRecursive: boolean;
  /** The name that the WITH defines next. */
  defining: string;
  /** What its WITHs have defined. */
  readonly defined: string[];
}

/** Words after which a list of tables is over, or that begin something else in its brackets. */
const endOfTables = words(
  'WITH VALUES WHERE GROUP HAVING ORDER LIMIT WINDOW UNION EXCEPT INTERSECT MINUS OFFSET FETCH PROCEDURE INTO QUALIFY',
);

const createFrame = (tableIsDue: boolean): Frame => ({
  isQuery: false,
  inTables: tableIsDue,
  tableIsDue,
  definition: null,
  isRecursive: false,
  defining: '',
  defined: [],
});

/**
 * The tables and views in a text's lists of tables, its subqueries' too, without the names that it defines by WITH. Text in comments
 * that the server executes counts.
 */
export function createTableReferences(): Collector<readonly TableReference[]> {
  const references: TableReference[] = [];
  const frames: Frame[] = [createFrame(false)];
  /** How many definitions of each name hold here. */
  const defined = new Map<string, number>();
  /** What stands before the dot of a table's name. */
  let owner: string | null = null;

  function define(frame: Frame): void {
    const name = frame.defining;
    frame.defined.push(name);
    defined.set(name, (defined.get(name) ?? 0) + 1);
  }

  function open(frame: Frame): void {
    frames.push(createFrame(frame.tableIsDue));
    frame.tableIsDue = false;
    if (frame.definition === 'body' && frame.isRecursive) define(frame);
  }

  function close(): void {
    if (frames.length === 1) return;
    for (const name of (frames.pop() as Frame).defined) defined.set(name, (defined.get(name) ?? 0) - 1);
    const frame = frames.at(-1) as Frame;
    if (frame.definition === 'body') {
      if (!frame.isRecursive) define(frame);
      frame.definition = 'comma';
    }
  }

  function addTable({ word, next, afterNext }: Readonly<Context>, frame: Frame): void {
    if (owner === null && next.token.type === 'dot' && isName(afterNext)) {
      owner = writtenName(word);
      return;
    }
    frame.tableIsDue = false;
    const isFunction = next.token.type === 'open';
    const isDefined = owner === null && (defined.get(foldName(writtenName(word))) ?? 0) > 0;
    if (!isFunction && !isDefined) references.push(Object.freeze({ database: owner, table: writtenName(word) }));
    owner = null;
  }

  return {
    look(context) {
      const { word } = context;
      const { type } = word.token;
      const frame = frames.at(-1) as Frame;
      if (type === 'executable') return;
      if (frame.definition !== null) followWith(frame, context);
      if (type === 'open') open(frame);
      else if (type === 'close') close();
      else if (word.keyword === ',') frame.tableIsDue = frame.inTables;
      else if (type === 'dot') return;
      else if ((owner !== null || !readKeyword(frame, context)) && frame.tableIsDue && isName(word))
        addTable(context, frame);
    },
    result: () => references,
  };
}

/** Whether the word says where tables stand; notes it in the frame. */
function readKeyword(frame: Frame, { word: { keyword, token } }: Readonly<Context>): boolean {
  if (token.type !== 'word') return false;
  if (keyword === 'LATERAL' || (keyword === 'OJ' && frame.tableIsDue)) return true;
  if (keyword === 'SELECT') [frame.isQuery, frame.inTables, frame.tableIsDue] = [true, false, false];
  else if (keyword === 'FROM' && frame.isQuery) [frame.inTables, frame.tableIsDue] = [true, true];
  else if (keyword === 'TABLE' && !frame.inTables) frame.tableIsDue = true;
  else if ((keyword === 'JOIN' || keyword === 'STRAIGHT_JOIN') && frame.inTables) frame.tableIsDue = true;
  else if (endOfTables.has(keyword)) {
    [frame.inTables, frame.tableIsDue] = [false, false];
    if (keyword === 'WITH') [frame.definition, frame.isRecursive] = ['name', false];
  } else return false;
  return true;
}

/** `WITH [RECURSIVE] name [(column, …)] AS (query), …`: columns and query stand in frames of their own. */
function followWith(frame: Frame, { word, next }: Readonly<Context>): void {
  const { type } = word.token;
  switch (frame.definition) {
    case 'name':
      if (word.keyword === 'RECURSIVE') frame.isRecursive = true;
      else if (isName(word)) [frame.defining, frame.definition] = [foldName(writtenName(word)), 'columns'];
      else frame.definition = null;
      return;
    case 'columns':
      if (word.keyword === 'AS') frame.definition = next.token.type === 'open' ? 'body' : null;
      else if (type !== 'open' && type !== 'close') frame.definition = null;
      return;
    case 'comma':
      frame.definition = word.keyword === ',' ? 'name' : null;
  }
}
