export const statementStates = [
  'queued',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  /** Its engine died; `retry` goes on with it. */
  'interrupted',
] as const;

export type StatementState = (typeof statementStates)[number];

/** An engine has begun the statement and has not ended it. */
export const runningStates = ['running', 'cancelling'] as const satisfies readonly StatementState[];

export const activeStates = ['queued', ...runningStates] as const satisfies readonly StatementState[];

/** Nothing happens to the statement any more unless a user retries it. */
export const settledStates = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly StatementState[];

export const endStates = [...settledStates, 'interrupted'] as const satisfies readonly StatementState[];

export function hasEnded({ state }: { readonly state: StatementState }): boolean {
  return endStates.some((end) => end === state);
}
