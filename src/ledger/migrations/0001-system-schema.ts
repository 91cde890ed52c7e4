/** Ids are compared byte by byte. Both servers have this collation. */
const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Times are UTC. JSON is stored as text, because MariaDB has no type for it. */
export function systemSchema(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('statements')} (
      id CHAR(36) NOT NULL PRIMARY KEY,
      text LONGTEXT NOT NULL,
      plan LONGTEXT NOT NULL,
      state VARCHAR(16) NOT NULL,
      submitted_by VARCHAR(255) NOT NULL,
      error_code VARCHAR(64) NULL,
      error_message TEXT NULL,
      error_hint TEXT NULL,
      submitted_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      started_at DATETIME(6) NULL,
      finished_at DATETIME(6) NULL,
      KEY submitted (submitted_at)
    ) ${OPTIONS}`,

    `CREATE TABLE IF NOT EXISTS ${table('steps')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      position INT UNSIGNED NOT NULL,
      state VARCHAR(16) NOT NULL,
      error_code VARCHAR(64) NULL,
      error_message TEXT NULL,
      error_hint TEXT NULL,
      PRIMARY KEY (statement_id, step)
    ) ${OPTIONS}`,

    `CREATE TABLE IF NOT EXISTS ${table('selections')} (
      selection_id BINARY(16) NOT NULL PRIMARY KEY,
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      state VARCHAR(16) NOT NULL COMMENT 'ready, publishing, published',
      row_count BIGINT UNSIGNED NOT NULL,
      columns LONGTEXT NOT NULL COMMENT 'JSON',
      image_column VARCHAR(255) NULL,
      summary LONGTEXT NULL COMMENT 'JSON',
      created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      KEY statement (statement_id, step)
    ) ${OPTIONS}`,

    `CREATE TABLE IF NOT EXISTS ${table('partitions')} (
      selection_id BINARY(16) NOT NULL,
      partition_no INT UNSIGNED NOT NULL,
      first_row BIGINT UNSIGNED NOT NULL,
      last_row BIGINT UNSIGNED NOT NULL,
      state VARCHAR(16) NOT NULL COMMENT 'pending, running, done',
      attempt INT UNSIGNED NOT NULL DEFAULT 0,
      done_rows BIGINT UNSIGNED NOT NULL DEFAULT 0,
      failed_rows BIGINT UNSIGNED NOT NULL DEFAULT 0,
      detections BIGINT UNSIGNED NOT NULL DEFAULT 0,
      decode_ms BIGINT UNSIGNED NOT NULL DEFAULT 0,
      infer_ms BIGINT UNSIGNED NOT NULL DEFAULT 0,
      write_ms BIGINT UNSIGNED NOT NULL DEFAULT 0,
      started_at DATETIME(6) NULL,
      heartbeat_at DATETIME(6) NULL,
      finished_at DATETIME(6) NULL,
      PRIMARY KEY (selection_id, partition_no)
    ) ${OPTIONS}`,

    `CREATE TABLE IF NOT EXISTS ${table('ledger')} (
      selection_id BINARY(16) NOT NULL,
      row_id BIGINT UNSIGNED NOT NULL,
      partition_no INT UNSIGNED NOT NULL,
      detections INT UNSIGNED NOT NULL,
      error_code VARCHAR(64) NULL,
      error_message VARCHAR(1000) NULL,
      PRIMARY KEY (selection_id, row_id)
    ) ${OPTIONS}`,

    `CREATE TABLE IF NOT EXISTS ${table('models')} (
      name VARCHAR(255) NOT NULL PRIMARY KEY,
      file VARCHAR(1024) NOT NULL,
      sha256 BINARY(32) NOT NULL,
      family VARCHAR(64) NOT NULL,
      classes LONGTEXT NOT NULL COMMENT 'JSON',
      input_size INT UNSIGNED NULL COMMENT 'px; NULL: any',
      created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
    ) ${OPTIONS}`,
  ];
}
