/** Adds parts of tables that do not exist yet. MySQL has no `IF NOT EXISTS` for them. */

export function addIndex(table: string, name: string, columns: string): readonly string[] {
  return unlessThere(table, `STATISTICS WHERE INDEX_NAME = '${name}'`, `CREATE INDEX ${name} ON ${table} (${columns})`);
}

export function addColumn(table: string, name: string, definition: string): readonly string[] {
  return unlessThere(
    table,
    `COLUMNS WHERE COLUMN_NAME = '${name}'`,
    `ALTER TABLE ${table} ADD COLUMN ${name} ${definition}`,
  );
}

/** @param known the table of information_schema, with a condition that finds the part */
function unlessThere(table: string, known: string, change: string): readonly string[] {
  const literal = (text: string) => `_utf8mb4 0x${Buffer.from(text).toString('hex')}`;
  const [, schema = '', name = ''] = /^`(.+)`\.`(.+)`$/s.exec(table) ?? [];
  const where = `TABLE_SCHEMA = ${literal(schema.replaceAll('``', '`'))} AND TABLE_NAME = '${name}'`;
  return [
    `SET @millrace_change = IF(EXISTS (SELECT 1 FROM information_schema.${known} AND ${where}), 'DO 0', ${literal(change)})`,
    'PREPARE millrace_change FROM @millrace_change',
    'EXECUTE millrace_change',
    'DEALLOCATE PREPARE millrace_change',
  ];
}
