import { MillraceError } from '../errors.ts';
import type { LexicalMode } from '../sql/lexical-mode.ts';
import { bareName } from '../sql/quoting.ts';
import { leavesInSession } from '../sql/session-use.ts';
import type { Program, StandardStatement } from '../sql/statement.ts';
import { queryTokens, type Token } from '../sql/tokens.ts';
import { tableUse } from './table-use.ts';

type Report = (error: MillraceError) => void;

/**
 * What a statement sets in its session has to reach those that need it: workers have sessions of their own, and where
 * `sharedSession` is false, so has each standard statement. Else a variable would be NULL, and `USE` name another table, without a word.
 */
export function checkSessions({ statements, mode }: Program, sharedSession: boolean, report: Report): void {
  const lastRun = statements.findLastIndex(({ kind }) => kind === 'run');
  const lastStandard = statements.findLastIndex(({ kind }) => kind === 'standard');
  /** Names in the queries of the TO RUN that come later. */
  const readLater = new Set<string>();
  for (const [index, statement] of [...statements.entries()].toReversed()) {
    if (statement.kind === 'run') {
      for (const name of tableUse(statement, mode, []).reads) readLater.add(name);
      reportVariable(statement.query, mode, 'the query before TO RUN has a session of its own', report);
    } else if (statement.kind === 'standard') {
      const made = temporaryTable(statement, mode);
      if (index < lastRun && isUse(statement, mode)) report(useBeforeRun(statement));
      else if (made !== null && readLater.has(made)) report(temporaryBeforeRun(statement));
      else if (sharedSession) continue;
      else if (index < lastStandard && leavesInSession(statement.text)) report(notShared(statement));
      else if (index > 0 && variableReaders.has(namesIn(statement.text, mode)[0]?.toUpperCase() ?? ''))
        reportVariable(statement, mode, 'on Argo each statement has a session of its own', report);
    }
  }
}

/** Of others it is not told which of their variables they set. */
const variableReaders = new Set('SELECT WITH VALUES INSERT REPLACE UPDATE DELETE DO SET EXECUTE PREPARE'.split(' '));

/** The first variable that the text does not set itself. */
function reportVariable(
  { text, span }: Pick<StandardStatement, 'text' | 'span'>,
  mode: LexicalMode,
  why: string,
  report: Report,
): void {
  const tokens = queryTokens(text, mode);
  const own = variablesSet(tokens);
  const foreign = tokens.find((token) => isVariable(token) && !own.has(token.text.toLowerCase()));
  if (foreign === undefined) return;
  const place = { start: span.start + foreign.offset, end: span.start + foreign.end };
  const message = `${foreign.text} is NULL here: ${why}`;
  const hint = 'write the value, or a query for it';
  report(new MillraceError('SESSION_NOT_SHARED', message, { span: place, hint }));
}

/** Of a user; `@@name` is one of the server. */
function isVariable({ type, text }: Token): boolean {
  return type === 'variable' && text.length > 1 && text[1] !== '@';
}

/** `@a := 1`, `SET @a = 1, @b = 2`, `SELECT … INTO @a, @b`; lower-case. */
function variablesSet(tokens: readonly Token[]): ReadonlySet<string> {
  const isAssigning = tokens[0]?.text.toUpperCase() === 'SET';
  const set = new Set<string>();
  let intoList = false;
  for (const [index, token] of tokens.entries()) {
    if (isVariable(token)) {
      const next = tokens[index + 1]?.text ?? '';
      if (intoList || next === ':=' || (isAssigning && next === '=')) set.add(token.text.toLowerCase());
    } else if (token.text !== ',') intoList = token.text.toUpperCase() === 'INTO';
  }
  return set;
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

function isUse({ text }: StandardStatement, mode: LexicalMode): boolean {
  return namesIn(text, mode)[0]?.toUpperCase() === 'USE';
}

/** Its name, lower-case; null: it makes none. */
function temporaryTable({ text }: StandardStatement, mode: LexicalMode): string | null {
  const names = namesIn(text, mode);
  const words = names.map((name) => name.toUpperCase());
  if (words[0] !== 'CREATE' || !words.slice(1, 4).includes('TEMPORARY')) return null;
  return names.find((_, index) => index > 1 && !createWords.has(words[index] ?? ''))?.toLowerCase() ?? null;
}

const createWords = new Set(['OR', 'REPLACE', 'TEMPORARY', 'TABLE', 'IF', 'NOT', 'EXISTS']);

/** Words, and quoted names without their quotes; of `database.name` the name. */
function namesIn(text: string, mode: LexicalMode): readonly string[] {
  const tokens = queryTokens(text.slice(0, 1000), mode);
  return tokens.flatMap(({ type, text: word }, index) => {
    if ((type !== 'word' && type !== 'name') || tokens[index + 1]?.type === 'dot') return [];
    return [bareName(word)];
  });
}
