import { defaultMode, type LexicalMode } from './lexical-mode.ts';
import { bareName } from './quoting.ts';
import { queryTokens, type Token } from './tokens.ts';

/** A table or view that a query reads, as it is written there. */
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
}

/** Words after which a list of tables is over, or that begin something else in its brackets. */
const endOfTables = new Set(
  'WITH VALUES WHERE GROUP HAVING ORDER LIMIT WINDOW UNION EXCEPT INTERSECT MINUS OFFSET FETCH PROCEDURE INTO QUALIFY'.split(
    ' ',
  ),
);

/**
 * The tables and views in a query's lists of tables, its subqueries' too, without the names that it defines by WITH. Text in comments
 * that the server executes counts. Linear in the text's length.
 */
export function tableReferences(query: string, mode: LexicalMode = defaultMode): readonly TableReference[] {
  const tokens = withExecuted(queryTokens(query, mode), mode);
  const references: (TableReference & { readonly index: number })[] = [];
  const frames: Frame[] = [{ isQuery: false, inTables: false, tableIsDue: false }];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const frame = frames.at(-1)!;
    if (token.type === 'open') {
      frames.push({ isQuery: false, inTables: frame.tableIsDue, tableIsDue: frame.tableIsDue });
      frame.tableIsDue = false;
    } else if (token.type === 'close') {
      if (frames.length > 1) frames.pop();
    } else if (token.text === ',') frame.tableIsDue = frame.inTables;
    else if (isKeyword(token, frame)) continue;
    else if (frame.tableIsDue && isName(token)) {
      frame.tableIsDue = false;
      const { end, ...reference } = referenceAt(tokens, index);
      if (tokens[end]?.type !== 'open') references.push({ ...reference, index });
      index = end - 1;
    }
  }
  const defined = definitions(tokens);
  return references
    .filter(({ database, table, index }) => database !== null || !isDefined(table, index, defined))
    .map(({ database, table }) => ({ database, table }));
}

/** Whether the token is a word that says where tables stand; notes it in the frame. */
function isKeyword({ type, text }: Token, frame: Frame): boolean {
  if (type !== 'word') return false;
  const word = text.toUpperCase();
  if (word === 'LATERAL' || (word === 'OJ' && frame.tableIsDue)) return true;
  if (word === 'SELECT') Object.assign(frame, { isQuery: true, inTables: false, tableIsDue: false });
  else if (word === 'FROM' && frame.isQuery) Object.assign(frame, { inTables: true, tableIsDue: true });
  else if (word === 'TABLE' && !frame.inTables) frame.tableIsDue = true;
  else if ((word === 'JOIN' || word === 'STRAIGHT_JOIN') && frame.inTables) frame.tableIsDue = true;
  else if (endOfTables.has(word)) Object.assign(frame, { inTables: false, tableIsDue: false });
  else return false;
  return true;
}

/** In the mode ANSI_QUOTES, in which views may be written, names stand in double quotes. */
function isName({ type, text }: Token): boolean {
  return type === 'word' || type === 'name' || (type === 'string' && text.startsWith('"'));
}

function referenceAt(tokens: readonly Token[], index: number): TableReference & { readonly end: number } {
  const first = bareName(tokens[index]!.text);
  const second = tokens[index + 2];
  if (tokens[index + 1]?.type !== 'dot' || second === undefined || !isName(second))
    return { database: null, table: first, end: index + 1 };
  return { database: first, table: bareName(second.text), end: index + 3 };
}

/** MySQL and MariaDB run what stands in executable comments, some only in some versions. */
function withExecuted(tokens: readonly Token[], mode: LexicalMode): readonly Token[] {
  return tokens.flatMap((token) => {
    if (token.type !== 'executable') return [token];
    const inner = token.text.slice(token.text.indexOf('!') + 1, -2);
    return queryTokens(inner.slice(/^\d{0,6}/.exec(inner)?.[0].length ?? 0), mode);
  });
}

/** A name that WITH defines, in indices of tokens. */
interface Definition {
  /** From where it means what is defined. */
  readonly from: number;
  /** The end of what the WITH belongs to. */
  readonly to: number;
}

function isDefined(table: string, index: number, defined: ReadonlyMap<string, readonly Definition[]>): boolean {
  return defined.get(table.toLowerCase())?.some(({ from, to }) => index >= from && index < to) ?? false;
}

function definitions(tokens: readonly Token[]): ReadonlyMap<string, readonly Definition[]> {
  const found = new Map<string, Definition[]>();
  const closes = closingBrackets(tokens);
  for (const [index, token] of tokens.entries()) {
    if (!isWord(token, 'WITH')) continue;
    const recursive = isWord(tokens[index + 1], 'RECURSIVE');
    const to = closes.enclosing[index]!;
    for (let at = index + (recursive ? 2 : 1); ; at++) {
      const name = tokens[at];
      const columns = tokens[at + 1]?.type === 'open' ? closes.of[at + 1]! : at;
      const body = columns + 2;
      if (name === undefined || !isName(name) || !isWord(tokens[columns + 1], 'AS') || tokens[body]?.type !== 'open')
        break;
      const end = closes.of[body]!;
      const key = bareName(name.text).toLowerCase();
      const known = found.get(key) ?? [];
      found.set(key, known);
      // More of one name are no query; to look at each for each reference would take too long.
      if (known.length < 32) known.push({ from: recursive ? body : end, to });
      at = end + 1;
      if (tokens[at]?.text !== ',') break;
    }
  }
  return found;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.type === 'word' && token.text.toUpperCase() === word;
}

/** The index of the bracket that closes each opening one, and of that which closes what each token stands in. */
function closingBrackets(tokens: readonly Token[]): {
  readonly of: readonly number[];
  readonly enclosing: readonly number[];
} {
  const of: number[] = new Array(tokens.length).fill(tokens.length);
  const enclosing: number[] = new Array(tokens.length).fill(tokens.length);
  const closes: number[] = [];
  for (let index = tokens.length - 1; index >= 0; index--) {
    enclosing[index] = closes.at(-1) ?? tokens.length;
    if (tokens[index]!.type === 'close') closes.push(index);
    if (tokens[index]!.type === 'open') of[index] = closes.pop() ?? tokens.length;
  }
  return { of, enclosing };
}
