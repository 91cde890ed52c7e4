import { createHash } from 'node:crypto';
import { type TableTarget, workSchemaOf } from '../task.ts';

/** A step's rows and where they lie. All names follow from the statement and the step, so a worker started again finds them. */
export interface SelectionNames {
  /** 16 bytes: the key of the step's rows in the ledger and in its result table. */
  readonly id: Buffer;
  /** Where the users' account makes the numbered rows of the query. */
  readonly made: TableTarget;
  /** The numbered rows, once they are there; those for a foreign image stay where they were made, for its account reads them. */
  readonly selection: TableTarget;
  /** The result until it is published. */
  readonly staging: TableTarget;
  /** The table that an overwritten result replaced, for the moment between renaming and dropping. */
  readonly replaced: TableTarget;
}

/** 16 bytes that follow from the statement and the step. */
function selectionId({ statement, step }: { readonly statement: string; readonly step: string }): Buffer {
  return createHash('sha256').update(`${statement}/${step}`).digest().subarray(0, 16);
}

/** What a selection's tables are called, in whichever schema they are. */
export function namesOfTables(id: Buffer) {
  const name = (kind: string) => `${kind}_${id.toString('hex')}`;
  return { selection: name('selection'), staging: name('result'), replaced: name('replaced') };
}

/** @param isSeparate whether the system schema has an account of its own */
export function selectionNames(
  task: { readonly statement: string; readonly step: string },
  schema: string,
  isSeparate = false,
): SelectionNames {
  const id = selectionId(task);
  const names = namesOfTables(id);
  const table = (name: string, database = schema) => ({ database, table: name });
  const made = table(names.selection, workSchemaOf(schema, isSeparate));
  const selection = 'detect' in task ? table(names.selection) : made;
  return { id, made, selection, staging: table(names.staging), replaced: table(names.replaced) };
}
