import type { StatementError } from '../engine.ts';

export function cancelled(id: string): StatementError {
  const hint = 'what is done is kept: retry';
  return { code: 'CANCELLED', message: `the statement ${id} was cancelled`, hint };
}
