/** Rows that standard statements returned. `results` describes them; `result_rows` contains them in pieces, each a JSON array of rows. */
export function results(table: (name: string) => string): readonly string[] {
  const options = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
  return [
    `CREATE TABLE IF NOT EXISTS ${table('results')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      columns LONGTEXT NOT NULL COMMENT 'JSON',
      row_count BIGINT UNSIGNED NOT NULL,
      truncated BOOLEAN NOT NULL COMMENT 'the statement returned more rows than are kept',
      PRIMARY KEY (statement_id, step)
    ) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${table('result_rows')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      first_row BIGINT UNSIGNED NOT NULL COMMENT 'from 0',
      row_count INT UNSIGNED NOT NULL,
      \`rows\` LONGTEXT NOT NULL COMMENT 'JSON',
      PRIMARY KEY (statement_id, step, first_row)
    ) ${options}`,
  ];
}
