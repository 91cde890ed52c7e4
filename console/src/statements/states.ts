import type { Statement } from '../api/statements.ts';

export type State = Statement['state'];

export const states = ['queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;

const ends: readonly State[] = ['succeeded', 'failed', 'cancelled', 'interrupted'];

export const hasEnded = ({ state }: Pick<Statement, 'state'>): boolean => ends.includes(state);

/** States from which a retry resumes the work. */
export const mayRetry = ({ state }: Pick<Statement, 'state'>): boolean =>
  state === 'failed' || state === 'cancelled' || state === 'interrupted';
