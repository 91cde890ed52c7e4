import type { ErrorKind } from '../errors.ts';

/** What a program is by its steps: several are a program. */
export const verbs = ['sql', 'run', 'foreign', 'program'] as const;
export type Verb = (typeof verbs)[number];

/** Who has to act on a statement that failed. What is wrong with a request, or a busy server, keeps it from becoming a statement. */
export const endErrors = [
  'statement',
  'configuration',
  'database',
  'run',
  'internal',
] as const satisfies readonly ErrorKind[];
export type EndError = (typeof endErrors)[number];

/** SQL: of a row of `statements`, its Verb. Short, or a temporary table of them would be on disk. */
export const verbSql = `CAST(IF(JSON_LENGTH(plan, '$.steps') = 1, JSON_UNQUOTE(JSON_EXTRACT(plan, '$.steps[0].kind')), 'program') AS CHAR(7))`;

/** SQL: what partitions have counted up, as the columns of `purged_work`. */
export const workSums = {
  done_rows: 'SUM(done_rows)',
  failed_rows: 'SUM(failed_rows)',
  detections: 'SUM(detections)',
  retries: 'SUM(GREATEST(attempt, 1) - 1)',
  decode_ms: 'SUM(decode_ms)',
  infer_ms: 'SUM(infer_ms)',
  write_ms: 'SUM(write_ms)',
} as const;
