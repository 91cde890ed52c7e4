import { MillraceError } from '../errors.ts';
import { foldName, words } from '../sql/facts/word.ts';
import type { Program, StandardStatement } from '../sql/statement.ts';

type Report = (error: MillraceError) => void;

/**
 * What a statement sets in its session has to reach those that need it: workers have sessions of their own, and where
 * `sharedSession` is false, so has each standard statement. Else a variable would be NULL, and `USE` name another table, without a word.
 */
export function checkSessions({ statements }: Program, sharedSession: boolean, report: Report): void {
  const lastRun = statements.findLastIndex(({ kind }) => kind === 'run');
  const lastStandard = statements.findLastIndex(({ kind }) => kind === 'standard');
  /** Names in the queries of the TO RUN that come later. */
  const readLater = new Set<string>();
  for (const [index, statement] of [...statements.entries()].toReversed()) {
    if (statement.kind === 'run') {
      for (const name of statement.query.facts.tables.reads.keys()) readLater.add(name);
      reportVariable(statement.query, 'the query before TO RUN has a session of its own', report);
    } else if (statement.kind === 'standard') {
      const { verb, target, session } = statement.facts;
      const made = verb === 'CREATE' && target?.kind === 'temporary table' ? foldName(target.table) : null;
      if (index < lastRun && verb === 'USE') report(useBeforeRun(statement));
      else if (made !== null && readLater.has(made)) report(temporaryBeforeRun(statement));
      else if (sharedSession) continue;
      else if (index < lastStandard && session.leaves) report(notShared(statement));
      else if (index > 0 && variableReaders.has(verb))
        reportVariable(statement, 'on Argo each statement has a session of its own', report);
    }
  }
}

/** Of others it is not told which of their variables they set. */
const variableReaders = words('SELECT WITH VALUES INSERT REPLACE UPDATE DELETE DO SET EXECUTE PREPARE');

function reportVariable({ facts: { variable } }: Pick<StandardStatement, 'facts'>, why: string, report: Report): void {
  if (variable === null) return;
  const message = `${variable.text} is NULL here: ${why}`;
  const hint = 'write the value, or a query for it';
  report(new MillraceError('SESSION_NOT_SHARED', message, { span: variable.span, hint }));
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
