import { type Config, hasPrivateServer, privateServerFolder } from '../config.ts';
import { MillraceError } from '../errors.ts';
import { type Accounts, accountsOf } from './accounts.ts';
import { startPrivateDatabase } from './private-accounts.ts';

/**
 * Starts the demo's private database, for commands without MILLRACE_DATASOURCE.
 * @throws {MillraceError} DATASOURCE_MISSING if the demo has never run
 */
export async function ownDatabase(config: Config, note: (line: string) => void): Promise<Accounts> {
  if (!hasPrivateServer(config)) {
    const hint = 'set MILLRACE_DATASOURCE=mysql://user:password@host:port/database, or run npm run demo first';
    throw new MillraceError(
      'DATASOURCE_MISSING',
      'MILLRACE_DATASOURCE is not set, and the demo has not created a private database',
      { hint },
    );
  }
  note("MILLRACE_DATASOURCE is not set: using the demo's private database");
  return (await startPrivateDatabase(privateServerFolder(config), config)).accounts;
}

/** The accounts of the settings, or those of the demo's private database if no DSN is set. @throws {MillraceError} DATASOURCE_MISSING */
export async function namedAccounts(config: Config, note: (line: string) => void): Promise<Accounts> {
  const { dsn, systemDsn, readerDsn } = config;
  return dsn === null ? ownDatabase(config, note) : accountsOf({ dsn, systemDsn, readerDsn });
}
