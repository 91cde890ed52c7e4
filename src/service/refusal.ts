import { MillraceError } from '../errors.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import { sqlStep } from '../plan/step-facts.ts';

/**
 * The database's reason if it rejected a program before any of it ran; null if it did not, or if something may have run. Statements in
 * functions and triggers fail with the same errors, but then the database rolls the whole statement back.
 */
export function refusalOf({ state, steps, plan, error }: StatementStatus): MillraceError | null {
  if (state !== 'failed' || error?.code !== 'QUERY_REFUSED') return null;
  const [refused, ...others] = steps.filter((step) => step.state !== 'pending');
  const step = plan.steps.find(({ name }) => name === refused?.name);
  const standard = step === undefined ? null : sqlStep(step);
  if (others.length > 0 || standard === null || standard.runsOthers) return null;
  return new MillraceError('QUERY_REFUSED', error.message, { span: standard.span, hint: error.hint ?? undefined });
}
