/** Blanks, comments and brackets before the first word; a comment that MySQL or MariaDB executes is a word. */
const lead = String.raw`^(?:\s|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|/\*(?!M?!)[\s\S]*?\*/|\()*`;

const reading = new RegExp(String.raw`${lead}(?:SELECT|WITH|SHOW|DESCRIBE|DESC|EXPLAIN|VALUES|TABLE)\b`, 'i');

/** In a READ ONLY transaction, to run it twice is to read twice. Doubtful ones are none. */
export function onlyReads(sql: string): boolean {
  return reading.test(sql) && !/\bINTO\b|:=|\/\*M?!/i.test(sql);
}

const settings = String.raw`SET|USE|BEGIN|START|LOCK|FLUSH|SAVEPOINT|XA|PREPARE|EXECUTE|HANDLER|CALL|CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY`;
const setting = new RegExp(String.raw`${lead}(?:${settings})\b`, 'i');

/** Whether later statements of the same session may depend on it. Doubtful ones do. */
export function changesSession(sql: string): boolean {
  return setting.test(sql) || /\bINTO\s+@|:=|\/\*M?!/i.test(sql);
}
