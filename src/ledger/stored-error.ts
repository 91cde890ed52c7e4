import type { RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../errors.ts';
import type { StatementError } from './statement-status.ts';

/** For the columns `error_code`, `error_message`, `error_hint`. */
export function errorValues(error: StatementError | null): readonly [string | null, string | null, string | null] {
  return [error?.code ?? null, error?.message ?? null, error?.hint ?? null];
}

export function errorOf(row: RowDataPacket): StatementError | null {
  if (row.error_code === null) return null;
  return { code: row.error_code, message: row.error_message, hint: row.error_hint };
}

export function statementError(error: unknown): StatementError {
  if (error instanceof MillraceError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: null };
}
