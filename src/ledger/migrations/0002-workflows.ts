/** Which statements run on Argo, and in which workflow: that of their last attempt, from 1. */
export function workflows(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('workflows')} (
      statement_id CHAR(36) NOT NULL PRIMARY KEY,
      attempt INT UNSIGNED NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  ];
}
