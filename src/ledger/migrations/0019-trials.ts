const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Trials of model searches, and each visit of a model to a shard: the provenance of a model. */
export function trials(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('trials')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      trial_no INT UNSIGNED NOT NULL COMMENT 'from 0',
      estimator VARCHAR(255) NOT NULL,
      parameters LONGTEXT NOT NULL COMMENT 'JSON',
      state VARCHAR(16) NOT NULL COMMENT 'open, paused, done, stopped, failed',
      epoch INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'complete epochs',
      visited BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'shards of the current epoch, one bit each',
      units_done INT UNSIGNED NOT NULL DEFAULT 0,
      units_due INT UNSIGNED NOT NULL COMMENT 'until it is done or paused',
      units_most INT UNSIGNED NOT NULL COMMENT 'of a trial that nobody stops',
      seconds DOUBLE NOT NULL DEFAULT 0 COMMENT 'of its units',
      checkpoint CHAR(64) NULL COMMENT 'SHA-256 of its state; NULL: none yet',
      loss DOUBLE NULL COMMENT 'of the search metric after its last epoch; less is better',
      metrics LONGTEXT NULL COMMENT 'JSON',
      fence INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counts claims; only the last one may commit',
      attempts INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'claims since its last unit',
      worker_no INT UNSIGNED NULL,
      lease_until DATETIME(6) NULL COMMENT 'NULL: nobody has it',
      error_code VARCHAR(64) NULL,
      error_message TEXT NULL,
      PRIMARY KEY (statement_id, step, trial_no)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${table('trial_units')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      trial_no INT UNSIGNED NOT NULL,
      epoch INT UNSIGNED NOT NULL COMMENT 'from 0',
      shard INT UNSIGNED NOT NULL,
      unit_no INT UNSIGNED NOT NULL COMMENT 'in the order in which the model visited',
      worker_no INT UNSIGNED NOT NULL,
      fence INT UNSIGNED NOT NULL,
      attempt INT UNSIGNED NOT NULL COMMENT 'claims that it took',
      digest_in CHAR(64) NULL,
      digest_out CHAR(64) NOT NULL,
      seconds DOUBLE NOT NULL,
      train_loss DOUBLE NULL,
      loss DOUBLE NULL COMMENT 'of the search metric, after the last shard of an epoch',
      metrics LONGTEXT NULL COMMENT 'JSON, likewise',
      ended_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      PRIMARY KEY (statement_id, step, trial_no, epoch, shard)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${table('trial_files')} (
      statement_id CHAR(36) NOT NULL,
      step VARCHAR(255) NOT NULL,
      digest CHAR(64) NOT NULL,
      chunk_no INT UNSIGNED NOT NULL COMMENT 'from 0',
      chunks INT UNSIGNED NOT NULL,
      bytes LONGBLOB NOT NULL,
      PRIMARY KEY (statement_id, step, digest, chunk_no)
    ) ${OPTIONS} COMMENT 'checkpoints, and files that trainers share, until the search ends'`,
  ];
}
