import { randomBytes } from 'node:crypto';

/** A secret for names of locks, so that no user's session can take them, and how often servers died with a statement. */
export function fairShares(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('secrets')} (
      name VARCHAR(63) NOT NULL PRIMARY KEY,
      value CHAR(64) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    `INSERT IGNORE INTO ${table('secrets')} (name, value) VALUES ('locks', '${randomBytes(32).toString('hex')}')`,
    `CREATE TABLE IF NOT EXISTS ${table('adoptions')} (
      statement_id CHAR(36) NOT NULL PRIMARY KEY,
      adoptions INT UNSIGNED NOT NULL COMMENT 'how often it was taken on after a crash without progress in between',
      progress BIGINT UNSIGNED NOT NULL COMMENT 'steps and rows that were done then'
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  ];
}
