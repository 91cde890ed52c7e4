import type { Collector, Context } from './word.ts';
import { foldName, isName, words, writtenName } from './word.ts';

/** A table or view as written in a text. */
export interface TableReference {
  readonly database: string | null;
  readonly table: string;
}

/** The words between two brackets, or outside all brackets. */
interface Frame {
  /** Whether it contains a SELECT: only then does FROM start a list of tables, and is not part of a function such as EXTRACT. */
  isQuery: boolean;
  inTables: boolean;
  tableIsDue: boolean;
  /** How far its WITH has been read. */
  definition: 'name' | 'columns' | 'body' | 'comma' | null;
  /** Whether the WITH is RECURSIVE. */
  isRecursive: boolean;
  /** The name that the WITH is about to define. */
  defining: string;
  /** The names that its WITHs have defined. */
  readonly defined: string[];
}

/** Words that end a list of tables, or that start something else in its brackets. */
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
 * The tables and views in a text's lists of tables, including those of subqueries, without the names that WITH defines. The content of
 * executable comments counts.
 */
export function createTableReferences(): Collector<readonly TableReference[]> {
  const references: TableReference[] = [];
  const frames: Frame[] = [createFrame(false)];
  /** Number of definitions of each name that are in scope. */
  const defined = new Map<string, number>();
  /** The part before the dot of a table's name. */
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

/** Whether the word announces or ends a list of tables; records it in the frame. */
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

/** `WITH [RECURSIVE] name [(column, …)] AS (query), …`: columns and query have their own frames. */
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
