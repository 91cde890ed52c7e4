import type { StatementError } from '../ledger/statement-status.ts';

/** The worker's own account of its failure, where a line of its log holds it; null: the line is another. */
export function workerError(line: string): StatementError | null {
  if (!line.startsWith('{')) return null;
  try {
    const { error } = JSON.parse(line);
    return typeof error?.code === 'string'
      ? { code: error.code, message: error.message, hint: error.hint ?? null }
      : null;
  } catch {
    return null;
  }
}
