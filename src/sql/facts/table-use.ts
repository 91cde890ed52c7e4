import type { Target } from './target.ts';
import type { Collector } from './word.ts';
import { foldName, words } from './word.ts';

/**
 * The tables that a statement reads and writes, never too few: every name in its text counts as read, whatever it names. Names are
 * folded and without their database, because the default database is not known here.
 */
export interface TableUse {
  readonly reads: NameSet;
  readonly writes: NameSet;
  /** Whether it may touch anything: session settings, procedures, views. */
  readonly anything: boolean;
}

/** A Set, or the keys of a Map. */
export type NameSet = Pick<ReadonlySet<string>, 'has' | 'keys'>;

const readers = words('SELECT WITH TABLE VALUES SHOW DESCRIBE DESC EXPLAIN');
const changers = words('UPDATE DELETE TRUNCATE ANALYZE OPTIMIZE CHECK REPAIR');
const inserters = words('INSERT REPLACE');
const tableChangers = words('DROP ALTER RENAME');

/** What the words of a text tell about the tables that it uses. */
export interface TableWords {
  readonly second: string;
  /** Whether a query contains a word that changes tables. */
  readonly hasChanger: boolean;
  /** Folded names, including strings, since double quotes may enclose a name. */
  readonly strings: ReadonlySet<string>;
  /** Whether the text has comments that the server executes. */
  readonly isHidden: boolean;
}

export function createTableWords(): Collector<TableWords> {
  const strings = new Set<string>();
  let second: string | undefined;
  let count = 0;
  let [hasChanger, isHidden] = [false, false];
  return {
    look({ word: { keyword, name, token } }) {
      if (token.type === 'executable') isHidden = true;
      if (token.type === 'string') strings.add(foldName(token.text.slice(1, -1)));
      else if (name === '') return;
      count += 1;
      if (count === 2) second = keyword;
      hasChanger ||= changers.has(keyword) || inserters.has(keyword);
    },
    result: () => ({ second: second ?? '', hasChanger, strings, isHidden }),
  };
}

const none: NameSet = Object.freeze(new Set<string>());
const anything: TableUse = Object.freeze({ reads: none, writes: none, anything: true });

/** @param names all names of the text, folded */
export function tableUseOf(
  verb: string,
  { second, hasChanger, strings, isHidden }: TableWords,
  target: Target | null,
  names: NameSet,
): TableUse {
  const all = strings.size === 0 ? names : Object.freeze(new Set([...names.keys(), ...strings]));
  const reading = { reads: all, writes: none, anything: isHidden };
  const changing = { reads: none, writes: all, anything: false };
  if (isHidden) return { ...anything, reads: all };
  if (readers.has(verb)) return hasChanger ? changing : reading;
  if (changers.has(verb)) return changing;
  if (inserters.has(verb) || verb === 'CREATE')
    return target?.kind === 'table'
      ? { ...reading, writes: Object.freeze(new Set([foldName(target.table)])) }
      : anything;
  return tableChangers.has(verb) && second === 'TABLE' ? changing : anything;
}
