import { isTemporary } from '../datasource/database-error.ts';
import { type ErrorCode, errorTable, MillraceError } from '../errors.ts';
import { workerExit } from '../task.ts';

/** Another process of this worker runs: the engine, which knows only this one, starts the next. Or the disk is full, and later it may not be. */
const mayPass: readonly ErrorCode[] = ['PARTITION_TAKEN', 'TRAIN_FILES'];

/** How the worker exits after a failure. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof MillraceError)) return workerExit.defect;
  if (isTemporary(error) || mayPass.includes(error.code)) return workerExit.temporary;
  return errorTable[error.code].kind === 'internal' ? workerExit.defect : workerExit.mistake;
}
