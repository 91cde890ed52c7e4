import { errorRecord, MillraceError } from '../../../errors.ts';
import { hasEnded } from '../../../ledger/statement-states.ts';
import type { StatementStatus } from '../../../ledger/statement-status.ts';

/** Marks a status as possibly outdated: its error says why it cannot be updated. */
export function withTrouble(status: StatementStatus, trouble: unknown): StatementStatus {
  if (!(trouble instanceof MillraceError) || hasEnded(status)) return status;
  return { ...status, error: errorRecord(trouble) };
}
