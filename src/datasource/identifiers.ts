/** Quotes a name in backticks, as both servers read it. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `database`.`table`; without a database, `table` alone, which refers to the session's default database. */
export function quoteTable({ database, table }: { readonly database: string | null; readonly table: string }): string {
  return database === null ? quoteName(table) : `${quoteName(database)}.${quoteName(table)}`;
}
