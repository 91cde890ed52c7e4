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

const kept = String.raw`USE|START\s+TRANSACTION|BEGIN(?!\s+NOT)|SAVEPOINT|LOCK\s+TABLES?|PREPARE|CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY`;
/** No variables of users, whose readers are looked at; and all sessions of ours speak utf8mb4. */
const settingOfSession = String.raw`SET\s+(?!@[^@]|(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|DEFAULT|STATEMENT|NAMES)\b)`;
const keeping = new RegExp(String.raw`${lead}(?:(?:${kept})\b|${settingOfSession})`, 'i');

/** Whether its session keeps something that a later statement will surely miss in another. Doubtful ones do not. */
export function leavesInSession(sql: string): boolean {
  return keeping.test(sql);
}
