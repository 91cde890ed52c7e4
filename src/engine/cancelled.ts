import { MillraceError } from '../errors.ts';

export function cancelled(id: string): MillraceError {
  return new MillraceError('CANCELLED', `the statement ${id} was cancelled`, { hint: 'what is done is kept: retry' });
}
