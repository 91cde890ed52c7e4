import { type ErrorRecord, errorRecord, MillraceError } from '../../errors.ts';
import type { ServerSubmission, StatementStatus, StepStatus } from '../../ledger/statement-status.ts';
import type { Plan, Step } from '../../plan/plan.ts';
import { statementCancelled } from '../statement-state-errors.ts';

/** What becomes of a statement whose engine has died. */
export type Recovery =
  | { readonly kind: 'goesOn' }
  /** `step`: the one to blame, which is still written down as running. */
  | {
      readonly kind: 'ends';
      readonly state: 'failed' | 'cancelled';
      readonly error: ErrorRecord;
      readonly step: string | null;
    };

/** Steps over rows go on exactly where they were; a standard statement is never run again unless it only reads. */
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
  return step.kind !== 'sql' || (readOnly && step.onlyReads);
}

/** The steps' states by their names. */
type StepStates = ReadonlyMap<string, StepStatus['state']>;

/** Whether standard statements that are still to come may depend on the session that runs those before. */
export function needsSession({ steps }: Plan, states: StepStates): boolean {
  const standard = (...wanted: StepStatus['state'][]) =>
    steps.filter((step) => step.kind === 'sql').filter(({ name }) => wanted.includes(states.get(name) ?? 'pending'));
  return standard('pending').length > 0 && standard('succeeded', 'running').some(({ isolated }) => !isolated);
}

function ends(state: 'failed' | 'cancelled', error: MillraceError, step: string | null): Recovery {
  return { kind: 'ends', state, error: errorRecord(error), step };
}

function uncertain(step: string): MillraceError {
  const message = `the server died while the database ran ${step}; it may have done it or not`;
  return new MillraceError('STATEMENT_UNCERTAIN', message);
}

/** @param how the session ended */
export function sessionLost(id: string, how = 'the server died, and with it'): MillraceError {
  const message = `${how} the session of ${id} and what its statements had set there`;
  return new MillraceError('SESSION_LOST', message, {
    hint: 'submit the statements that are left in a program of their own',
  });
}
