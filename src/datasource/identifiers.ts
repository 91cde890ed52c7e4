/** A name as both servers read it back, in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `database`.`table`; without a database, the session's default. */
export function quoteTable({ database, table }: { readonly database: string | null; readonly table: string }): string {
  return database === null ? quoteName(table) : `${quoteName(database)}.${quoteName(table)}`;
}
