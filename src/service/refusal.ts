import { MillraceError } from '../errors.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import { sqlStep } from '../plan/step-facts.ts';

/**
 * Why the database refused a program before any of it ran; null: it did not, or something may have run. What a function or trigger is
 * refused has the same errors, but there the database rolls back what the statement has done.
 */
export function refusalOf({ state, steps, plan, error }: StatementStatus): MillraceError | null {
  if (state !== 'failed' || error?.code !== 'QUERY_REFUSED') return null;
  const [refused, ...others] = steps.filter((step) => step.state !== 'pending');
  const step = plan.steps.find(({ name }) => name === refused?.name);
  const standard = step === undefined ? null : sqlStep(step);
  if (others.length > 0 || standard === null || standard.runsOthers) return null;
  return new MillraceError('QUERY_REFUSED', error.message, { span: standard.span, hint: error.hint ?? undefined });
}
