import { addColumn } from './alter.ts';

const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Processes of workers learn here how others ended: those of the same worker, and any that failed for good. */
export function workers(table: (name: string) => string): readonly string[] {
  return [
    ...addColumn(
      table('selections'),
      'is_halted',
      "BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'a worker has failed for good: no more partitions are drawn'",
    ),
    `CREATE TABLE IF NOT EXISTS ${table('workers')} (
      selection_id BINARY(16) NOT NULL,
      worker_no INT UNSIGNED NOT NULL,
      process CHAR(36) NOT NULL COMMENT 'its last one',
      done_rows BIGINT UNSIGNED NOT NULL COMMENT 'rows in its partitions when this process started',
      standstills INT UNSIGNED NOT NULL COMMENT 'earlier processes in a row that ended without processing a row',
      PRIMARY KEY (selection_id, worker_no)
    ) ${OPTIONS}`,
  ];
}
