const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** What trained each version of a model, and how far a running step is. */
export function trainings(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('trainings')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      model_name VARCHAR(255) NOT NULL,
      version INT UNSIGNED NOT NULL,
      report LONGTEXT NOT NULL COMMENT 'JSON: the report of the trainer',
      PRIMARY KEY (statement_id, step),
      KEY model (model_name, version)
    ) ${OPTIONS} COMMENT 'a step registers its version in the same transaction, so at most one'`,
    `CREATE TABLE IF NOT EXISTS ${table('step_progress')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      unit VARCHAR(16) NOT NULL COMMENT 'package, row, epoch, round, trial',
      done BIGINT UNSIGNED NOT NULL,
      total BIGINT UNSIGNED NULL,
      metrics TEXT NULL COMMENT 'JSON: the latest metrics by name',
      touched_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      PRIMARY KEY (statement_id, step)
    ) ${OPTIONS} COMMENT 'of steps without partitions'`,
  ];
}
