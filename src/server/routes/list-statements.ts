import { type Static, Type } from 'typebox';
import { MillraceError } from '../../errors.ts';
import type { StatementState as State } from '../../ledger/statement-states.ts';
import type { StatementFilter, StatementStatus } from '../../ledger/statement-status.ts';
import { maySeeAll } from '../../service/access/users.ts';
import { readCursor, writeCursor } from '../../service/cursor.ts';
import type { Datasource } from '../../service/datasource.ts';
import { datasourceNamed, datasourcesOf } from '../../service/find-statement.ts';
import { Statement, StatementState } from '../../service/statement.ts';
import { resourcesOf } from '../../service/statement-views.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';

const Label = Type.String({ pattern: '^[^:]{1,63}:', description: 'name:value' });
const Query = Type.Object({
  state: Type.Optional(Type.Union([StatementState, Type.Array(StatementState)])),
  label: Type.Optional(Type.Union([Label, Type.Array(Label)], { description: 'all of them: name:value' })),
  user: Type.Optional(Type.String({ description: 'who submitted it; others than yourself for administrators' })),
  datasource: Type.Optional(Type.String()),
  from: Type.Optional(Type.String({ format: 'date-time', description: 'submitted at this time or later' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'submitted before this time' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: '50 if left out' })),
  cursor: Type.Optional(Type.String({ description: 'the `next` of the page before' })),
});

/** `GET /v1/statements`: newest first, of all datasources that the user may use. */
export function listStatementsRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'List statements',
    description: 'Newest first. Yours; for administrators, everybody’s.',
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
    const filter = { ...filterOf(query), ...(submittedBy !== undefined && { submittedBy }), limit: limit + 1 };
    const found = (await Promise.all(datasources.map((each) => listed(each, filter)))).flat().toSorted(newestFirst);
    const page = found.slice(0, limit);
    const last = page.at(-1)?.status;
    const more = found.length > limit && last !== undefined;
    return {
      statements: await inOrder(page),
      next: more ? writeCursor({ submittedAt: last.submittedAt, id: last.id }) : null,
    };
  });
}

interface Listed {
  readonly datasource: Datasource;
  readonly status: StatementStatus;
}

async function listed(datasource: Datasource, filter: StatementFilter): Promise<readonly Listed[]> {
  return (await datasource.engine.list(filter)).map((status) => ({ datasource, status }));
}

function newestFirst(a: Listed, b: Listed): number {
  return compare(b.status.submittedAt, a.status.submittedAt) || compare(b.status.id, a.status.id);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

async function inOrder(page: readonly Listed[]): Promise<Statement[]> {
  const byDatasource = Map.groupBy(page, ({ datasource }) => datasource);
  const resources = new Map<string, Statement>();
  for (const [datasource, of] of byDatasource) {
    const statuses = of.map(({ status }) => status);
    for (const resource of await resourcesOf(datasource, statuses)) resources.set(resource.id, resource);
  }
  return page.map(({ status }) => resources.get(status.id)!);
}

function filterOf({ state, label, from, to, cursor }: Static<typeof Query>): StatementFilter {
  return {
    ...(state !== undefined && { states: [state].flat() as State[] }),
    ...(label !== undefined && { labels: labelsOf([label].flat()) }),
    ...(from !== undefined && { from: databaseTime(from) }),
    ...(to !== undefined && { to: databaseTime(to) }),
    ...(cursor !== undefined && { after: placeOf(cursor) }),
  };
}

function labelsOf(written: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    written.map((label) => [label.slice(0, label.indexOf(':')), label.slice(label.indexOf(':') + 1)]),
  );
}

function placeOf(cursor: string): { submittedAt: string; id: string } {
  const { submittedAt, id } = readCursor(cursor);
  if (typeof submittedAt === 'string' && typeof id === 'string') return { submittedAt, id };
  throw new MillraceError('REQUEST_INVALID', 'the cursor is not one of this list');
}

/** UTC, without the letters of ISO 8601. @throws {MillraceError} REQUEST_INVALID for a day that there is not */
function databaseTime(time: string): string {
  const parsed = new Date(time);
  if (Number.isNaN(parsed.getTime())) throw new MillraceError('REQUEST_INVALID', `there is no time ${time}`);
  return parsed.toISOString().replace('T', ' ').replace('Z', '');
}
