import { type Static, Type } from 'typebox';
import { MillraceError } from '../../errors.ts';
import type { StatementState as State } from '../../ledger/statement-states.ts';
import type { StatementFilter } from '../../ledger/statement-status.ts';
import { databaseTime } from '../../ledger/times.ts';
import { maySeeAll } from '../../service/access/users.ts';
import { datasourceNamed, datasourcesOf } from '../../service/find-statement.ts';
import { listStatements, placeOf } from '../../service/list-statements.ts';
import { Statement, StatementState } from '../../service/statement.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';

const Label = Type.String({ pattern: '^[^:]{1,63}:', description: 'name:value' });
const Query = Type.Object({
  state: Type.Optional(Type.Union([StatementState, Type.Array(StatementState)])),
  label: Type.Optional(
    Type.Union([Label, Type.Array(Label)], { description: 'name:value; a statement must have all of them' }),
  ),
  user: Type.Optional(
    Type.String({ description: 'user who submitted it; only administrators see those of other users' }),
  ),
  datasource: Type.Optional(Type.String()),
  from: Type.Optional(Type.String({ format: 'date-time', description: 'submitted at this time or later' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'submitted before this time' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'default: 50' })),
  cursor: Type.Optional(Type.String({ description: '`next` of the previous page' })),
});

/** `GET /v1/statements`: newest first, of all datasources that the user may use. */
export function listStatementsRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'List statements',
    description: 'Your statements, newest first; for administrators, those of all users.',
    tags: ['statements'],
    querystring: Query,
    response: {
      200: Type.Object({ statements: Type.Array(Statement), next: Type.Union([Type.String(), Type.Null()]) }),
      ...problems,
    },
  };
  app.get('/v1/statements', { schema }, async ({ user, query }) => {
    const limit = query.limit ?? 50;
    const submittedBy = maySeeAll(user) ? query.user : user.name;
    if (query.user !== undefined && query.user !== submittedBy) return { statements: [], next: null };
    const named = query.datasource === undefined ? null : datasourceNamed(user, query.datasource, context.datasources);
    const datasources = named ? [named] : datasourcesOf(user, context.datasources).map((handle) => handle.get());
    const filter = { ...filterOf(query), ...(submittedBy !== undefined && { submittedBy }), limit };
    const { statements, next } = await listStatements(datasources, filter);
    return { statements: [...statements], next };
  });
}

function filterOf({ state, label, from, to, cursor }: Static<typeof Query>): StatementFilter {
  return {
    ...(state !== undefined && { states: [state].flat() as State[] }),
    ...(label !== undefined && { labels: labelsOf([label].flat()) }),
    ...(from !== undefined && { from: timeOf(from) }),
    ...(to !== undefined && { to: timeOf(to) }),
    ...(cursor !== undefined && { after: placeOf(cursor) }),
  };
}

function labelsOf(written: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    written.map((label) => [label.slice(0, label.indexOf(':')), label.slice(label.indexOf(':') + 1)]),
  );
}

/** @throws {MillraceError} REQUEST_INVALID for a date that does not exist */
function timeOf(written: string): string {
  const time = new Date(written);
  if (Number.isNaN(time.getTime())) throw new MillraceError('REQUEST_INVALID', `the time ${written} does not exist`);
  return databaseTime(time);
}
