import { MillraceError } from '../errors.ts';

/** The error for a request that the statement's state does not allow. */
export function statementBusy(id: string, state: string): MillraceError {
  return new MillraceError('STATEMENT_BUSY', `the statement ${id} is ${state}`, {
    hint: 'retry only failed, cancelled or interrupted statements; cancel only running ones',
  });
}

export function statementCancelled(id: string): MillraceError {
  return new MillraceError('CANCELLED', `the statement ${id} was cancelled`);
}
