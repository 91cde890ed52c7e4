import type { LexicalMode } from '../sql/lexical-mode.ts';
import { bareName } from '../sql/quoting.ts';
import type { Statement } from '../sql/statement.ts';
import { queryTokens, type Token } from '../sql/tokens.ts';

/**
 * Which tables a statement reads and writes, never too few: every name in its text counts as read, whatever it names. Names are
 * lower-case and without their database, since the default one is not known here.
 */
export interface TableUse {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
  /** Whether it may touch anything: session settings, procedures, views. */
  readonly anything: boolean;
  /** Standard statements share a session, so they keep their order. */
  readonly session: boolean;
}

/** @param views names of the views there are, lower-case: what they read cannot be seen here */
export function tableUse(statement: Statement, mode: LexicalMode, views: readonly string[]): TableUse {
  const use = statement.kind === 'standard' ? standardUse(statement.text, mode) : extendedUse(statement, mode);
  const hidden = views.some((view) => use.reads.has(view));
  return { ...use, anything: use.anything || hidden, session: statement.kind === 'standard' };
}

type Use = Omit<TableUse, 'session'>;

function extendedUse(statement: Exclude<Statement, { kind: 'standard' }>, mode: LexicalMode): Use {
  if (statement.kind !== 'run') return anything;
  const { names, hidden } = namesIn(statement.query.text, mode);
  const targets = statement.into.map(({ table }) => table.toLowerCase());
  return { reads: new Set(names), writes: new Set(targets), anything: hidden };
}

const readers = new Set(['SELECT', 'WITH', 'TABLE', 'VALUES', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN']);
const changers = new Set(['UPDATE', 'DELETE', 'TRUNCATE', 'ANALYZE', 'OPTIMIZE', 'CHECK', 'REPAIR']);
const inserters = new Set(['INSERT', 'REPLACE']);
const tableChangers = new Set(['DROP', 'ALTER', 'RENAME']);

function standardUse(text: string, mode: LexicalMode): Use {
  const named = namesIn(text, mode);
  const { names, words, hidden } = named;
  const [head = '', second = ''] = words;
  if (hidden) return anything;
  if (readers.has(head))
    return words.some((word) => changers.has(word) || inserters.has(word))
      ? changes(names)
      : { ...nothing, reads: new Set(names) };
  if (changers.has(head)) return changes(names);
  if (inserters.has(head)) return makes(named, targetAfter(words, insertWords));
  if (head === 'CREATE' && words.includes('TEMPORARY')) return anything;
  if (head === 'CREATE' && ['TABLE', 'OR'].includes(second)) return makes(named, targetAfter(words, createWords));
  return tableChangers.has(head) && second === 'TABLE' ? changes(names) : anything;
}

const nothing: Use = { reads: new Set(), writes: new Set(), anything: false };
const anything: Use = { ...nothing, anything: true };
const insertWords = new Set(['INSERT', 'REPLACE', 'INTO', 'LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE']);
const createWords = new Set(['CREATE', 'OR', 'REPLACE', 'TABLE', 'IF', 'NOT', 'EXISTS']);

function changes(names: readonly string[]): Use {
  return { ...nothing, writes: new Set(names) };
}

/** The target is `table` or `database.table`; all names count as read. */
function makes({ names, afterDot }: Names, target: number): Use {
  const table = afterDot[target + 1] === true ? target + 1 : target;
  return { reads: new Set(names), writes: new Set(names.slice(table, table + 1)), anything: false };
}

function targetAfter(words: readonly string[], skipped: ReadonlySet<string>): number {
  return words.findIndex((word) => !skipped.has(word));
}

interface Names {
  /** Every word and quoted name, lower-case. */
  readonly names: readonly string[];
  /** The same, upper-case. */
  readonly words: readonly string[];
  /** Whether a dot stands before each. */
  readonly afterDot: readonly boolean[];
  /** Whether some of the text is only read by the server: comments that it executes. */
  readonly hidden: boolean;
}

function namesIn(text: string, mode: LexicalMode): Names {
  const tokens = queryTokens(text, mode);
  const isName = ({ type }: Token) => type === 'word' || type === 'name' || type === 'string';
  const words = tokens.filter(isName).map(bare);
  return {
    names: words.map((word) => word.toLowerCase()),
    words: words.map((word) => word.toUpperCase()),
    afterDot: tokens.flatMap((token, index) => (isName(token) ? [tokens[index - 1]?.type === 'dot'] : [])),
    hidden: tokens.some(({ type }) => type === 'executable'),
  };
}

function bare({ type, text }: Token): string {
  return type === 'string' ? text.slice(1, -1) : bareName(text);
}
