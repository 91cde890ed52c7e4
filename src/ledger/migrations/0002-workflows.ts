/** Statements that run on Argo, with the number of their last attempt, starting at 1. */
export function workflows(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('workflows')} (
      statement_id CHAR(36) NOT NULL PRIMARY KEY,
      attempt INT UNSIGNED NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  ];
}
