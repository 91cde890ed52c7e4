import type { TableReference } from './table-references.ts';
import type { Collector, Word } from './word.ts';
import { isName, words, writtenName } from './word.ts';

/** The object named after CREATE, ALTER, INSERT or REPLACE. */
export interface Target extends TableReference {
  readonly kind: 'table' | 'view' | 'temporary table';
}

const objects = words(
  'TABLE VIEW SEQUENCE PROCEDURE FUNCTION TRIGGER EVENT INDEX DATABASE SCHEMA USER ROLE SERVER TABLESPACE LOGFILE PACKAGE RESOURCE',
);
const ofObject = words('IF NOT EXISTS');
const ofInsert = words('INTO LOW_PRIORITY DELAYED HIGH_PRIORITY IGNORE');

/** null if the text starts otherwise, or names an object of another kind. */
export function createTarget(): Collector<Target | null> {
  let verb: string | undefined;
  let kind: Target['kind'] | null = null;
  let temporary = false;
  let database: string | null = null;
  let target: Target | null = null;
  let isOver = false;

  function readObject({ keyword }: Word, previous: Word | undefined) {
    if (keyword === 'TEMPORARY') temporary = true;
    // DEFINER = table
    if (!objects.has(keyword) || previous?.keyword === '=') return;
    if (keyword === 'VIEW') kind = 'view';
    else if (keyword === 'TABLE' || (keyword === 'SEQUENCE' && temporary))
      kind = temporary ? 'temporary table' : 'table';
    else isOver = true;
  }

  return {
    look({ word, previous, next }) {
      if (isOver || word.token.type === 'open') return;
      if (verb === undefined) {
        if (word.token.type === 'executable') return;
        verb = word.keyword;
        if (verb === 'INSERT' || verb === 'REPLACE') kind = 'table';
        else isOver = verb !== 'CREATE' && verb !== 'ALTER';
        return;
      }
      if (kind === null) return readObject(word, previous);
      const skipped = verb === 'INSERT' || verb === 'REPLACE' ? ofInsert : ofObject;
      if (!isName(word) || (word.token.type === 'word' && skipped.has(word.keyword))) return;
      const isOwner = next.token.type === 'dot' && database === null;
      if (isOwner) database = writtenName(word);
      else target = Object.freeze({ kind, database, table: writtenName(word) });
      isOver = !isOwner;
    },
    result: () => target,
  };
}
