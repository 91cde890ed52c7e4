/** Disk space of each result, so that users share it fairly. */
export function resultSizes(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('result_sizes')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      bytes BIGINT UNSIGNED NOT NULL COMMENT 'of JSON, as the rows are kept',
      PRIMARY KEY (statement_id, step)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    `INSERT IGNORE INTO ${table('result_sizes')} (statement_id, step, bytes)
     SELECT statement_id, step, SUM(LENGTH(\`rows\`)) FROM ${table('result_rows')} GROUP BY statement_id, step`,
  ];
}
