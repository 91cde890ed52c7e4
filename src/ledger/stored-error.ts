import type { RowDataPacket } from 'mysql2/promise';
import type { ErrorRecord } from '../errors.ts';

/** Values of the columns `error_code`, `error_message`, `error_hint`. */
export function errorValues(error: ErrorRecord | null): readonly [string | null, string | null, string | null] {
  return [error?.code ?? null, error?.message ?? null, error?.hint ?? null];
}

export function errorOf(row: RowDataPacket): ErrorRecord | null {
  if (row.error_code === null) return null;
  return { code: row.error_code, message: row.error_message, hint: row.error_hint };
}
