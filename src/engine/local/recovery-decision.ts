import { type ErrorRecord, errorRecord, MillraceError } from '../../errors.ts';
import type { ServerSubmission, StatementStatus, StepStatus } from '../../ledger/statement-status.ts';
import type { Plan, Step } from '../../plan/plan.ts';
import { sqlStep } from '../../plan/step-facts.ts';
import { statementCancelled } from '../statement-state-errors.ts';

/** What to do with a statement whose engine has died. */
export type Recovery =
  | { readonly kind: 'goesOn' }
  /** `step`: the step that caused it, which is still stored as running. */
  | {
      readonly kind: 'ends';
      readonly state: 'failed' | 'cancelled';
      readonly error: ErrorRecord;
      readonly step: string | null;
    };

/** Steps over rows resume where they were. A standard statement is never repeated, unless it only reads. */
export function decideRecovery(
  { id, plan, state, steps }: StatementStatus,
  { readOnly }: Pick<ServerSubmission, 'readOnly'>,
): Recovery {
  if (state === 'cancelling') return ends('cancelled', statementCancelled(id), null);
  const failed = steps.find((step) => step.state === 'failed');
  if (failed !== undefined) return { kind: 'ends', state: 'failed', error: failed.error!, step: null };
  const states = new Map(steps.map((step) => [step.name, step.state]));
  const begun = plan.steps.find((step) => states.get(step.name) === 'running' && !mayRunAgain(step, readOnly));
  if (begun !== undefined) return ends('failed', uncertain(begun.name), begun.name);
  if (needsSession(plan, states)) return ends('failed', sessionLost(id), null);
  return { kind: 'goesOn' };
}

function mayRunAgain(step: Step, readOnly: boolean): boolean {
  const standard = sqlStep(step);
  return standard === null || (readOnly && standard.onlyReads);
}

/** States of the steps, by name. */
type StepStates = ReadonlyMap<string, StepStatus['state']>;

/** Whether pending standard statements may depend on the session of earlier ones. */
export function needsSession({ steps }: Plan, states: StepStates): boolean {
  const standard = (...wanted: StepStatus['state'][]) =>
    steps.flatMap((step) => sqlStep(step) ?? []).filter(({ name }) => wanted.includes(states.get(name) ?? 'pending'));
  return standard('pending').length > 0 && standard('succeeded', 'running').some(({ isolated }) => !isolated);
}

function ends(state: 'failed' | 'cancelled', error: MillraceError, step: string | null): Recovery {
  return { kind: 'ends', state, error: errorRecord(error), step };
}

function uncertain(step: string): MillraceError {
  const message = `the server died while the database executed ${step}, which may or may not have taken effect`;
  return new MillraceError('STATEMENT_UNCERTAIN', message);
}

/** @param reason why the session was lost */
export function sessionLost(id: string, reason = 'the server died'): MillraceError {
  const message = `the session of ${id} is lost, with everything its statements had set: ${reason}`;
  return new MillraceError('SESSION_LOST', message);
}
