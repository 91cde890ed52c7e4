import { addColumn, addIndex } from './alter.ts';

/** Submissions through servers, and the time at which each statement entered each state. Times are UTC. */
export function history(table: (name: string) => string): readonly string[] {
  const options = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
  return [
    `CREATE TABLE IF NOT EXISTS ${table('submissions')} (
      statement_id CHAR(36) NOT NULL PRIMARY KEY COMMENT 'submitted to a server, which takes it on again after a crash',
      read_only BOOLEAN NOT NULL,
      result_bytes BIGINT UNSIGNED NOT NULL COMMENT 'rows beyond are not kept'
    ) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${table('labels')} (
      statement_id CHAR(36) NOT NULL,
      name VARCHAR(63) NOT NULL,
      value VARCHAR(255) NOT NULL,
      PRIMARY KEY (statement_id, name),
      KEY label (name, value)
    ) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${table('transitions')} (
      number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      statement_id CHAR(36) NOT NULL,
      state VARCHAR(16) NOT NULL,
      at DATETIME(6) NOT NULL,
      KEY statement (statement_id, number)
    ) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${table('purges')} (
      statement_id CHAR(36) NOT NULL PRIMARY KEY COMMENT 'forgotten; its rows in the ledger and the results are being deleted'
    ) ${options}`,
    ...addIndex(table('statements'), 'state', 'state, submitted_at'),
    ...addIndex(table('statements'), 'submitter', 'submitted_by, submitted_at'),
    ...addColumn(table('steps'), 'begun_by', "CHAR(36) NULL COMMENT 'the local run that began it last'"),
  ];
}
