import { addColumn } from './alter.ts';

/** What the models of a step that asks several were asked, by its partitions. */
export function modelCounts(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('model_counts')} (
      selection_id BINARY(16) NOT NULL,
      partition_no INT UNSIGNED NOT NULL,
      model_no INT UNSIGNED NOT NULL COMMENT 'its place in the order in which models are asked, from 0',
      asked BIGINT UNSIGNED NOT NULL COMMENT 'rows that reached it',
      decided BIGINT UNSIGNED NOT NULL COMMENT 'rows whose last answer was its',
      reused BIGINT UNSIGNED NOT NULL COMMENT 'asked rows that a stored answer answered',
      infer_ms DOUBLE NOT NULL COMMENT 'of the other ones',
      PRIMARY KEY (selection_id, partition_no, model_no)
    ) ENGINE=InnoDB`,
    ...addColumn(table('purged_work'), 'asked', "BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'of models'"),
    ...addColumn(table('purged_work'), 'reused', "BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'of those asked'"),
  ];
}
