import { parseDsn } from '../../datasource/dsn.ts';
import { datasourceNamed } from '../../service/find-statement.ts';
import type { ServedDatasource } from '../../service/served-datasource.ts';
import { connectDatabase, type DatabaseConnection } from '../datasource/connect.ts';
import { capability } from '../protocol/capabilities.ts';
import type { Login } from '../protocol/login-packets.ts';
import { checkDatabase } from '../statements/judge.ts';
import type { DoorContext, Identity } from './context.ts';

/** A client and its own connection to the database. */
export interface Pair extends Identity {
  readonly served: ServedDatasource;
  readonly database: DatabaseConnection;
}

export const readOnlySession = 'SET SESSION TRANSACTION READ ONLY';

/** @throws {MillraceError} UNKNOWN_DATASOURCE, SYSTEM_SCHEMA, DATABASE_… */
export async function pair(context: DoorContext, identity: Identity, login: Login): Promise<Pair> {
  const { user, datasource } = identity;
  const served = datasourceNamed(user, datasource, context.datasources);
  if (login.database !== null) checkDatabase(login.database, user, context.rules);
  const { dsn, readerDsn } = context.accounts.get(served.name)!;
  const isReader = user.role === 'reader';
  const database = await connectDatabase(parseDsn(isReader ? readerDsn : dsn), {
    // A text of several statements could change how its later statements are read, after they have been checked.
    capabilities: isReader ? login.capabilities & ~capability.multiStatements : login.capabilities,
    collation: login.collation,
    database: login.database,
    user: user.name,
    settings: isReader ? [readOnlySession] : [],
  });
  context.servers.note(served.name, database.server);
  return { ...identity, served, database };
}
