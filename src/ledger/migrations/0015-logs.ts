const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Logs of the pods of statements on Argo, which are there as long as the statement. */
export function logs(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('due_logs')} (
      statement_id CHAR(36) NOT NULL,
      attempt INT UNSIGNED NOT NULL,
      due_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      taken_by CHAR(36) NULL,
      taken_at DATETIME(6) NULL,
      PRIMARY KEY (statement_id, attempt),
      KEY due (due_at),
      KEY taken (taken_by)
    ) ${OPTIONS} COMMENT 'attempts that have ended and whose logs are not stored yet'`,
    `CREATE TABLE IF NOT EXISTS ${table('pod_logs')} (
      statement_id CHAR(36) NOT NULL,
      pod VARCHAR(253) NOT NULL,
      step VARCHAR(255) NOT NULL,
      source VARCHAR(255) NOT NULL,
      created_at VARCHAR(32) NOT NULL COMMENT 'as Kubernetes writes it',
      text_bytes INT UNSIGNED NOT NULL,
      text MEDIUMBLOB NOT NULL COMMENT 'lines, compressed by gzip',
      PRIMARY KEY (statement_id, pod)
    ) ${OPTIONS}`,
  ];
}
