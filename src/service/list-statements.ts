import { newestFirst } from '../engine/list-statements.ts';
import { MillraceError } from '../errors.ts';
import type { StatementFilter, StatementStatus } from '../ledger/statement-status.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Datasource } from './datasource.ts';
import type { ServedDatasource } from './served-datasource.ts';
import type { Statement } from './statement.ts';
import { viewStatements } from './statement-view.ts';

export interface StatementPage {
  readonly statements: readonly Statement[];
  /** Cursor of the next page; null on the last page. */
  readonly next: string | null;
}

type Served = Datasource & Pick<ServedDatasource, 'smallReads'>;

/** A page of the statements of several datasources, newest first. */
export async function listStatements(
  datasources: readonly Served[],
  filter: StatementFilter & { readonly limit: number },
): Promise<StatementPage> {
  const { limit } = filter;
  const lists = await Promise.all(datasources.map((each) => listOne(each, { ...filter, limit: limit + 1 })));
  const found = lists.flat().toSorted((a, b) => newestFirst(a.status, b.status));
  const page = found.slice(0, limit);
  const last = page.at(-1)?.status;
  const more = found.length > limit && last !== undefined;
  return {
    statements: await viewInOrder(page),
    next: more ? writeCursor({ submittedAt: last.submittedAt, id: last.id }) : null,
  };
}

/** The place in the list that a cursor names. @throws {MillraceError} REQUEST_INVALID */
export function placeOf(cursor: string): NonNullable<StatementFilter['after']> {
  const { submittedAt, id } = readCursor(cursor);
  if (typeof submittedAt === 'string' && typeof id === 'string') return { submittedAt, id };
  throw new MillraceError('REQUEST_INVALID', 'the cursor does not belong to this list');
}

interface Listed {
  readonly datasource: Datasource;
  readonly status: StatementStatus;
}

async function listOne(datasource: Served, filter: StatementFilter): Promise<readonly Listed[]> {
  await datasource.smallReads.recorded();
  return (await datasource.engine.list(filter)).map((status) => ({ datasource, status }));
}

async function viewInOrder(page: readonly Listed[]): Promise<readonly Statement[]> {
  const byDatasource = Map.groupBy(page, ({ datasource }) => datasource);
  const views = new Map<string, Statement>();
  for (const [datasource, of] of byDatasource) {
    const statuses = of.map(({ status }) => status);
    for (const view of await viewStatements(datasource, statuses)) views.set(view.id, view);
  }
  return page.map(({ status }) => views.get(status.id)!);
}
