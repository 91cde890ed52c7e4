import { createHash } from 'node:crypto';
import type { TableTarget } from '../task.ts';

/** A step's rows and where they lie. All names follow from the statement and the step, so a worker started again finds them. */
export interface SelectionNames {
  /** 16 bytes: the key of the step's rows in the ledger and in its result table. */
  readonly id: Buffer;
  /** The numbered rows of the query. */
  readonly selection: TableTarget;
  /** The result until it is published. */
  readonly staging: TableTarget;
  /** The table that an overwritten result replaced, for the moment between renaming and dropping. */
  readonly replaced: TableTarget;
}

export function selectionNames(
  task: { readonly statement: string; readonly step: string },
  schema: string,
): SelectionNames {
  const id = createHash('sha256').update(`${task.statement}/${task.step}`).digest().subarray(0, 16);
  const table = (kind: string) => ({ database: schema, table: `${kind}_${id.toString('hex')}` });
  return { id, selection: table('selection'), staging: table('result'), replaced: table('replaced') };
}
