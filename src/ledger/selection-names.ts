import { createHash } from 'node:crypto';
import { type TableTarget, type Task, workSchemaOf } from '../task.ts';

/** A step's rows and their tables. All names are derived from the statement and the step, so a restarted worker finds them. */
export interface SelectionNames {
  /** 16 bytes: the key of the step's rows in the ledger and in its result table. */
  readonly id: Buffer;
  /** Table in which the users' account creates the numbered rows of the query. */
  readonly made: TableTarget;
  /** Table of the numbered rows, once they are complete. For a foreign image it is `made`, because the image's account reads it. */
  readonly selection: TableTarget;
  /** Table of the result until it is published. */
  readonly staging: TableTarget;
  /** Table of what is computed of the results until it is published in their stead. */
  readonly summary: TableTarget;
  /** Name of the overwritten table, between renaming and dropping it. */
  readonly replaced: TableTarget;
}

/** 16 bytes derived from the statement and the step. */
function selectionId({ statement, step }: { readonly statement: string; readonly step: string }): Buffer {
  return createHash('sha256').update(`${statement}/${step}`).digest().subarray(0, 16);
}

/** Names of a selection's tables, without their schema. */
export function namesOfTables(id: Buffer) {
  const name = (kind: string) => `${kind}_${id.toString('hex')}`;
  return {
    selection: name('selection'),
    staging: name('result'),
    summary: name('summary'),
    replaced: name('replaced'),
  };
}

/** @param isSeparate whether the system schema has its own account */
export function selectionNames(
  task: Pick<Task, 'statement' | 'step' | 'kind'>,
  schema: string,
  isSeparate = false,
): SelectionNames {
  const id = selectionId(task);
  const names = namesOfTables(id);
  const table = (name: string, database = schema) => ({ database, table: name });
  const made = table(names.selection, workSchemaOf(schema, isSeparate));
  const selection = task.kind === 'shares' ? made : table(names.selection);
  const [staging, summary, replaced] = [names.staging, names.summary, names.replaced].map((name) => table(name));
  return { id, made, selection, staging: staging!, summary: summary!, replaced: replaced! };
}
