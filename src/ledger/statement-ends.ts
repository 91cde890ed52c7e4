import type { ErrorKind } from '../errors.ts';
import { stepKinds } from '../plan/step-facts.ts';

/** Kinds of submissions: the kind of the only step, or `program` if there are several. */
export const verbs = [...stepKinds, 'program'] as const;
export type Verb = (typeof verbs)[number];

/** Who has to act on a statement that failed. The other kinds of errors occur before a statement exists. */
export const endErrors = [
  'statement',
  'configuration',
  'database',
  'run',
  'internal',
] as const satisfies readonly ErrorKind[];
export type EndError = (typeof endErrors)[number];

/** SQL for the Verb of a row of `statements`. Its type is short, because otherwise temporary tables would be on disk. */
export const verbSql = `CAST(IF(JSON_LENGTH(plan, '$.steps') = 1, JSON_UNQUOTE(JSON_EXTRACT(plan, '$.steps[0].kind')), 'program') AS CHAR(7))`;

/** SQL for the sums of the partitions' counters, by column of `purged_work`. */
export const workSums = {
  done_rows: 'SUM(done_rows)',
  failed_rows: 'SUM(failed_rows)',
  outputs: 'SUM(outputs)',
  retries: 'SUM(GREATEST(attempt, 1) - 1)',
  decode_ms: 'SUM(decode_ms)',
  infer_ms: 'SUM(infer_ms)',
  write_ms: 'SUM(write_ms)',
} as const;

/** SQL for the sums of `model_counts`, by column of `purged_work`. */
export const questionSums = 'COALESCE(SUM(asked), 0) AS asked, COALESCE(SUM(reused), 0) AS reused';
