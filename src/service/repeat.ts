import { MillraceError } from '../errors.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';

/** @throws {MillraceError} REPEAT_REFUSED if a retry would repeat what the database may have executed, unless that is requested */
export function checkRepeat({ id, error, steps }: StatementStatus, { repeat }: { readonly repeat: boolean }): void {
  const isUncertain = (each: { readonly error: StatementStatus['error'] }) =>
    each.error?.code === 'STATEMENT_UNCERTAIN';
  const step = steps.find(isUncertain);
  if (repeat || (step === undefined && !isUncertain({ error }))) return;
  const what = step === undefined ? `the statement ${id}` : `${step.name} of the statement ${id}`;
  throw new MillraceError('REPEAT_REFUSED', `the database may have executed ${what}; a retry would execute it again`);
}
