export const statementStates = [
  'queued',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  /** Its engine died; `retry` resumes it. */
  'interrupted',
] as const;

export type StatementState = (typeof statementStates)[number];

/** States in which an engine has started the statement and it has not ended. */
export const runningStates = ['running', 'cancelling'] as const satisfies readonly StatementState[];

export const activeStates = ['queued', ...runningStates] as const satisfies readonly StatementState[];

/** States that only change if a user retries the statement. */
export const settledStates = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly StatementState[];

export const endStates = [...settledStates, 'interrupted'] as const satisfies readonly StatementState[];

export function hasEnded({ state }: { readonly state: StatementState }): boolean {
  return endStates.some((end) => end === state);
}
