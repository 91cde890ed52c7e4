import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../errors.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import { mayChange, maySee, mayUse, type User } from './access/users.ts';
import { mayBeUnrecorded } from './recent-ids.ts';
import type { DatasourceHandle, ServedDatasource } from './served-datasource.ts';
import type { Statement } from './statement.ts';
import { viewStatement } from './statement-view.ts';

/** The datasources that a user may use, including those that are not open yet. */
export function datasourcesOf(user: User, datasources: readonly DatasourceHandle[]): readonly DatasourceHandle[] {
  return datasources.filter(({ name }) => mayUse(user, name));
}

/** @throws {MillraceError} UNKNOWN_DATASOURCE; why it is not open yet */
export function datasourceNamed(
  user: User,
  name: string | undefined,
  datasources: readonly DatasourceHandle[],
): ServedDatasource {
  const usable = datasourcesOf(user, datasources);
  const found = name === undefined ? usable[0] : usable.find((each) => each.name === name);
  if (found !== undefined) return found.get();
  const message =
    name === undefined ? 'you have access to no datasource' : `there is no datasource '${name}' that you may use`;
  const names = usable.map((each) => each.name).join(', ');
  const hint = names === '' ? 'ask an administrator of the server for access' : `use one of ${names}`;
  throw new MillraceError('UNKNOWN_DATASOURCE', message, { hint });
}

export interface FoundStatement {
  readonly datasource: ServedDatasource;
  readonly status: StatementStatus;
}

/**
 * Finds a statement in whichever datasource has it. A statement that the user may not see is reported as unknown.
 * @throws {MillraceError} UNKNOWN_STATEMENT, and why a datasource is not open if none of the others has it
 */
export async function findStatement(
  user: User,
  id: string,
  datasources: readonly DatasourceHandle[],
): Promise<FoundStatement> {
  let found = await lookFor(user, id, datasources);
  while (found === null && mayBeUnrecorded(id)) {
    await sleep(pollMs);
    found = await lookFor(user, id, datasources);
  }
  if (found !== null) return found;
  throw new MillraceError('UNKNOWN_STATEMENT', `there is no statement ${id}`);
}

async function lookFor(
  user: User,
  id: string,
  datasources: readonly DatasourceHandle[],
): Promise<FoundStatement | null> {
  let trouble: unknown = null;
  for (const handle of datasourcesOf(user, datasources)) {
    try {
      const datasource = handle.get();
      await datasource.smallReads.recorded(id);
      const status = await datasource.engine.status(id);
      if (maySee(user, status.submittedBy)) return { datasource, status };
    } catch (error) {
      if (!isUnknown(error)) trouble ??= error;
    }
  }
  if (trouble !== null) throw trouble;
  return null;
}

const pollMs = 100;

/** The statement as users see it. @throws {MillraceError} what `findStatement` throws */
export async function viewFound(user: User, id: string, datasources: readonly DatasourceHandle[]): Promise<Statement> {
  const known = await knownView(user, id, datasources);
  if (known !== null) return known;
  const { datasource, status } = await findStatement(user, id, datasources);
  return datasource.endedViews.view(status, () => viewStatement(datasource, status));
}

/** The view of a statement that has ended; null if no datasource remembers it. */
async function knownView(user: User, id: string, datasources: readonly DatasourceHandle[]): Promise<Statement | null> {
  for (const { isOpen, get } of datasourcesOf(user, datasources)) {
    const view = isOpen() ? await get().endedViews.known(id) : null;
    if (view !== null) return maySee(user, view.submittedBy) ? view : null;
  }
  return null;
}

/** Finds a statement that the user may cancel or retry. @throws {MillraceError} FORBIDDEN, and what `findStatement` throws */
export async function findChangeable(
  user: User,
  id: string,
  datasources: readonly DatasourceHandle[],
): Promise<FoundStatement> {
  const found = await findStatement(user, id, datasources);
  if (mayChange(user, found.status.submittedBy)) return found;
  throw new MillraceError('FORBIDDEN', `you may not change the statement ${id}`);
}

export function isUnknown(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'UNKNOWN_STATEMENT';
}
