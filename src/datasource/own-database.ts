import { type Config, hasPrivateServer, privateServerFolder } from '../config.ts';
import { MillraceError } from '../errors.ts';
import { type Accounts, accountsOf } from './accounts.ts';
import { startPrivateDatabase } from './private-accounts.ts';

/**
 * The demo's own database, for who names none.
 * @throws {MillraceError} DATASOURCE_MISSING where the demo has never run
 */
export async function ownDatabase(config: Config, note: (line: string) => void): Promise<Accounts> {
  if (!hasPrivateServer(config)) {
    const hint = 'set MILLRACE_DATASOURCE=mysql://user:password@host:port/database, or run npm run demo first';
    throw new MillraceError('DATASOURCE_MISSING', 'no database is named', { hint });
  }
  note("MILLRACE_DATASOURCE is not set: using the demo's own database");
  return (await startPrivateDatabase(privateServerFolder(config), config)).accounts;
}

/** Those of the settings; where they name no database, the demo's own. @throws {MillraceError} DATASOURCE_MISSING */
export async function namedAccounts(config: Config, note: (line: string) => void): Promise<Accounts> {
  const { dsn, systemDsn } = config;
  return dsn === null ? ownDatabase(config, note) : accountsOf({ dsn, systemDsn, readerDsn: null });
}
