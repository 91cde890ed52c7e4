import { MillraceError } from '../errors.ts';
import type { Program, RunStatement, StandardStatement } from '../sql/statement.ts';
import { createScanner, type Token } from '../sql/tokens.ts';
import { changesSession } from './standard-sql.ts';
import { tableUse } from './table-use.ts';

type Report = (error: MillraceError) => void;

/**
 * What a statement sets in its session has to reach those that need it: workers have sessions of their own, and where
 * `sharedSession` is false, so has each standard statement. Else a variable would be NULL, and `USE` name another table, without a word.
 */
export function checkSessions({ statements }: Program, sharedSession: boolean, report: Report): void {
  const lastRun = statements.findLastIndex(({ kind }) => kind === 'run');
  const lastStandard = statements.findLastIndex(({ kind }) => kind === 'standard');
  for (const [index, statement] of statements.entries()) {
    if (statement.kind === 'run') checkVariables(statement, report);
    if (statement.kind !== 'standard' || !changesSession(statement.text)) continue;
    const made = index < lastRun ? temporaryTable(statement) : null;
    if (index < lastRun && isUse(statement)) report(useBeforeRun(statement));
    else if (made !== null && readsTable(statements.slice(index + 1), made)) report(temporaryBeforeRun(statement));
    else if (!sharedSession && index < lastStandard) report(notShared(statement));
  }
}

/** A variable that the query sets itself is its own. */
function checkVariables({ query }: RunStatement, report: Report): void {
  const tokens = tokensOf(query.text);
  const isSet = (at: number) => tokens[at + 1]?.text.startsWith(':=') === true;
  const own = new Set(tokens.filter((_, index) => isSet(index)).map(({ text }) => text.toLowerCase()));
  const foreign = tokens.find(
    ({ type, text }) => type === 'variable' && /^@[^@]/.test(text) && !own.has(text.toLowerCase()),
  );
  if (foreign === undefined) return;
  const span = { start: query.span.start + foreign.offset, end: query.span.start + foreign.end };
  const message = `${foreign.text} is NULL here: the query before TO RUN has a session of its own`;
  report(new MillraceError('SESSION_NOT_SHARED', message, { span, hint: 'write the value, or a query for it' }));
}

function useBeforeRun({ span }: StandardStatement): MillraceError {
  return new MillraceError('SESSION_NOT_SHARED', 'USE does not reach TO RUN, which has sessions of its own', {
    span,
    hint: 'leave it out and write database.table',
  });
}

function temporaryBeforeRun({ span }: StandardStatement): MillraceError {
  const message = 'TO RUN, which has sessions of its own, does not see a temporary table';
  return new MillraceError('SESSION_NOT_SHARED', message, { span, hint: 'make a table of it, and drop it at the end' });
}

function notShared({ span }: StandardStatement): MillraceError {
  const message = 'on Argo each statement has a session of its own, and what this one sets there is gone for the next';
  const hint = 'put what belongs together into a stored procedure, and CALL it';
  return new MillraceError('SESSION_NOT_SHARED', message, { span, hint });
}

function isUse({ text }: StandardStatement): boolean {
  return namesIn(text)[0]?.toUpperCase() === 'USE';
}

/** Its name, lower-case; null: it makes none. */
function temporaryTable({ text }: StandardStatement): string | null {
  const names = namesIn(text);
  const words = names.map((name) => name.toUpperCase());
  if (words[0] !== 'CREATE' || !words.slice(1, 4).includes('TEMPORARY')) return null;
  return names.find((_, index) => index > 1 && !createWords.has(words[index] ?? ''))?.toLowerCase() ?? null;
}

const createWords = new Set(['OR', 'REPLACE', 'TEMPORARY', 'TABLE', 'IF', 'NOT', 'EXISTS']);

function readsTable(later: Program['statements'], table: string): boolean {
  return later.some((statement) => statement.kind === 'run' && tableUse(statement, []).reads.has(table));
}

/** Words, and quoted names without their quotes; of `database.name` the name. */
function namesIn(text: string): readonly string[] {
  const tokens = tokensOf(text.slice(0, 1000));
  return tokens.flatMap(({ type, text: word }, index) => {
    if (type !== 'word' || tokens[index + 1]?.type === 'dot') return [];
    return [word.startsWith('`') ? word.slice(1, -1).replaceAll('``', '`') : word];
  });
}

function tokensOf(text: string): readonly Token[] {
  const scanner = createScanner(text);
  scanner.enter('query');
  const tokens: Token[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) tokens.push(token);
  return tokens;
}
