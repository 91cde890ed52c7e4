import { quoteTable } from '../datasource/identifiers.ts';

/** The tables of the system schema. Only files in this folder use these names. */
export const tableNames = [
  'migrations',
  'statements',
  'steps',
  'submissions',
  'labels',
  'transitions',
  'workflows',
  'adoptions',
  'selections',
  'partitions',
  'workers',
  'ledger',
  'model_counts',
  'results',
  'result_rows',
  'result_sizes',
  'models',
  'model_versions',
  'model_files',
  'model_chunks',
  'model_measurements',
  'statement_models',
  'trainings',
  'step_progress',
  'answer_sets',
  'answers',
  'purged_answers',
  'secrets',
  'due_logs',
  'pod_logs',
  'trials',
  'trial_units',
  'trial_files',
  'purges',
  'purged_ends',
  'purged_work',
] as const;

export type TableName = (typeof tableNames)[number];

/** The quoted names of the tables of a system schema. */
export function tablesOf(schema: string): (name: TableName) => string {
  return (name) => quoteTable({ database: schema, table: name });
}
