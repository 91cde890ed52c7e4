import { addColumn } from './alter.ts';

/** The reason of each end, and sums over purged statements, so that counters never decrease. */
export function purged(table: (name: string) => string): readonly string[] {
  const options = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
  return [
    ...addColumn(table('transitions'), 'error_code', 'VARCHAR(64) NULL'),
    `CREATE TABLE IF NOT EXISTS ${table('purged_ends')} (
      verb VARCHAR(16) NOT NULL,
      state VARCHAR(16) NOT NULL,
      error_code VARCHAR(64) NOT NULL COMMENT 'empty: none',
      ends BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (verb, state, error_code)
    ) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${table('purged_work')} (
      only_row TINYINT UNSIGNED NOT NULL PRIMARY KEY,
      done_rows BIGINT UNSIGNED NOT NULL,
      failed_rows BIGINT UNSIGNED NOT NULL,
      detections BIGINT UNSIGNED NOT NULL,
      retries BIGINT UNSIGNED NOT NULL,
      decode_ms BIGINT UNSIGNED NOT NULL,
      infer_ms BIGINT UNSIGNED NOT NULL,
      write_ms BIGINT UNSIGNED NOT NULL
    ) ${options}`,
  ];
}
