import { maySeeAll, type User } from '../../service/access/users.ts';
import { listStatements } from '../../service/list-statements.ts';
import type { ServedDatasource } from '../../service/served-datasource.ts';
import type { Statement } from '../../service/statement.ts';
import { answerRow, type ResultSet } from './result-set.ts';

const columns: ResultSet['columns'] = [
  { name: 'id', type: 'string' },
  { name: 'state', type: 'string' },
  { name: 'submitted_by', type: 'string' },
  { name: 'submitted_at', type: 'datetime' },
  { name: 'seconds', type: 'double' },
  { name: 'done', type: 'bigint' },
  { name: 'total', type: 'bigint' },
  { name: 'sql', type: 'string' },
  { name: 'error', type: 'string' },
];

/** `SHOW STATEMENTS`: the user's statements of the datasource, newest first; for administrators, those of all users. Times are UTC. */
export async function showStatements(datasource: ServedDatasource, user: User, limit: number): Promise<ResultSet> {
  const filter = { limit, ...(maySeeAll(user) ? {} : { submittedBy: user.name }) };
  const { statements } = await listStatements([datasource], filter);
  return { columns, rows: statements.map((statement) => answerRow(columns, valuesOf(statement))) };
}

function valuesOf(statement: Statement): readonly unknown[] {
  const { id, state, submittedBy, submittedAt, progress, sql, error } = statement;
  return [
    id,
    state,
    submittedBy,
    submittedAt,
    secondsOf(statement),
    progress?.done,
    progress?.total,
    sql,
    error === null ? null : `${error.message} [${error.code}]`,
  ];
}

/** Seconds since the statement started, until its end; null: it has not started. */
export function secondsOf({ startedAt, finishedAt }: Pick<Statement, 'startedAt' | 'finishedAt'>): number | null {
  if (startedAt === null) return null;
  const end = finishedAt === null ? Date.now() : Date.parse(finishedAt);
  return Math.round(end - Date.parse(startedAt)) / 1000;
}
