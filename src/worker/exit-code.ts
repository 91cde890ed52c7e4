import { isTemporary } from '../datasource/database-error.ts';
import { errorTable, MillraceError } from '../errors.ts';
import { workerExit } from '../task.ts';

/** How the worker exits after a failure. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof MillraceError)) return workerExit.defect;
  // Another process of this worker runs: the engine, which knows only this one, starts the next.
  if (isTemporary(error) || error.code === 'PARTITION_TAKEN') return workerExit.temporary;
  return errorTable[error.code].kind === 'internal' ? workerExit.defect : workerExit.mistake;
}
