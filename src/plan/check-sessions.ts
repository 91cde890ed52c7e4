import { MillraceError } from '../errors.ts';
import { foldName, words } from '../sql/facts/word.ts';
import type { Program, Query, SqlStatement, StandardStatement } from '../sql/statement.ts';

type Report = (error: MillraceError) => void;

/**
 * What a statement sets in its session must reach the statements that need it. Workers have their own sessions and, if
 * `sharedSession` is false, so does each standard statement: a variable would silently be NULL, and `USE` would select another table.
 */
export function checkSessions({ statements }: Program, sharedSession: boolean, report: Report): void {
  const lastRun = statements.findLastIndex((statement) => queriesOf(statement).length > 0);
  const lastStandard = statements.findLastIndex(({ kind }) => kind === 'standard');
  /** Names in the queries of later statements that run in workers. */
  const readLater = new Set<string>();
  for (const [index, statement] of [...statements.entries()].toReversed()) {
    for (const query of queriesOf(statement)) {
      for (const name of query.facts.tables.reads.keys()) readLater.add(name);
      reportVariable(query, `the query before ${verbs[statement.kind]} runs in its own session`, report);
    }
    if (statement.kind === 'standard') {
      const { verb, target, session } = statement.facts;
      const made = verb === 'CREATE' && target?.kind === 'temporary table' ? foldName(target.table) : null;
      if (index < lastRun && verb === 'USE') report(useBeforeRun(statement));
      else if (made !== null && readLater.has(made)) report(temporaryBeforeRun(statement));
      else if (sharedSession) continue;
      else if (index < lastStandard && session.leaves) report(notShared(statement));
      else if (index > 0 && variableReaders.has(verb))
        reportVariable(statement, 'on Argo each statement runs in its own session', report);
    }
  }
}

const verbs: Readonly<Record<string, string>> = { run: 'TO RUN', train: 'TO TRAIN' };

/** The queries that a worker runs, in its own sessions. */
function queriesOf(statement: SqlStatement): readonly Query[] {
  if (statement.kind === 'run') return [statement.query];
  if (statement.kind !== 'train') return [];
  return statement.validation === null ? [statement.query] : [statement.query, statement.validation];
}

/** For other statements it is not known which of their variables they set. */
const variableReaders = words('SELECT WITH VALUES INSERT REPLACE UPDATE DELETE DO SET EXECUTE PREPARE');

function reportVariable({ facts: { variable } }: Pick<StandardStatement, 'facts'>, why: string, report: Report): void {
  if (variable === null) return;
  const message = `${variable.text} is NULL here: ${why}`;
  const hint = 'write the value, or a query that returns it';
  report(new MillraceError('SESSION_NOT_SHARED', message, { span: variable.span, hint }));
}

function useBeforeRun({ span }: StandardStatement): MillraceError {
  return new MillraceError('SESSION_NOT_SHARED', 'USE has no effect on TO RUN, which uses its own sessions', {
    span,
    hint: 'remove it and write database.table',
  });
}

function temporaryBeforeRun({ span }: StandardStatement): MillraceError {
  const message = 'TO RUN uses its own sessions and cannot see a temporary table';
  return new MillraceError('SESSION_NOT_SHARED', message, {
    span,
    hint: 'create a regular table, and drop it at the end',
  });
}

function notShared({ span }: StandardStatement): MillraceError {
  const message = 'on Argo each statement runs in its own session, so later statements do not see what this one sets';
  const hint = 'put the statements that belong together into a stored procedure, and CALL it';
  return new MillraceError('SESSION_NOT_SHARED', message, { span, hint });
}
