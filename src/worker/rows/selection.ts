import { createHash } from 'node:crypto';
import { type TableTarget, workSchemaOf } from '../../task.ts';

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

/** @param isSeparate whether the system schema has an account of its own */
export function selectionNames(
  task: { readonly statement: string; readonly step: string },
  schema: string,
  isSeparate = false,
): SelectionNames {
  const id = createHash('sha256').update(`${task.statement}/${task.step}`).digest().subarray(0, 16);
  const table = (kind: string, database = schema) => ({ database, table: `${kind}_${id.toString('hex')}` });
  const made = table('selection', workSchemaOf(schema, isSeparate));
  const selection = 'detect' in task ? table('selection') : made;
  return { id, made, selection, staging: table('result'), replaced: table('replaced') };
}
