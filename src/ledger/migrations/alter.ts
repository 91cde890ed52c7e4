/** Changes tables once. MySQL has no `IF NOT EXISTS` for such changes. */

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

export function renameColumn(table: string, name: string, newName: string): readonly string[] {
  return whereColumn(table, name, `ALTER TABLE ${table} RENAME COLUMN ${name} TO ${newName}`);
}

/** Runs a change only while a column exists that a later part of the same migration drops. */
export function whereColumn(table: string, name: string, change: string): readonly string[] {
  return whereThere(table, `COLUMNS WHERE COLUMN_NAME = '${name}'`, change, 'DO 0');
}

export function dropColumn(table: string, name: string): readonly string[] {
  return whereColumn(table, name, `ALTER TABLE ${table} DROP COLUMN ${name}`);
}

function unlessThere(table: string, known: string, change: string): readonly string[] {
  return whereThere(table, known, 'DO 0', change);
}

/** @param known the table of information_schema, with a condition that finds the part */
function whereThere(table: string, known: string, there: string, otherwise: string): readonly string[] {
  const literal = (text: string) => `_utf8mb4 0x${Buffer.from(text).toString('hex')}`;
  const [, schema = '', name = ''] = /^`(.+)`\.`(.+)`$/s.exec(table) ?? [];
  const where = `TABLE_SCHEMA = ${literal(schema.replaceAll('``', '`'))} AND TABLE_NAME = '${name}'`;
  return [
    `SET @millrace_change = IF(EXISTS (SELECT 1 FROM information_schema.${known} AND ${where}), ${literal(there)}, ${literal(otherwise)})`,
    'PREPARE millrace_change FROM @millrace_change',
    'EXECUTE millrace_change',
    'DEALLOCATE PREPARE millrace_change',
  ];
}
