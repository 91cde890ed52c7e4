import { MillraceError } from '../errors.ts';

export function busy(id: string, state: string): MillraceError {
  return new MillraceError('STATEMENT_BUSY', `the statement ${id} is ${state}`, {
    hint: 'retry takes statements that failed, were cancelled or interrupted; cancel takes running ones',
  });
}
