import { type Config, hasPrivateServer, privateServerFolder } from '../config.ts';
import { MillraceError } from '../errors.ts';
import { type Accounts, accountsOf, type GivenAccounts } from './accounts.ts';
import { startPrivateServer } from './private-server.ts';

/**
 * The demo's own database, for who names none.
 * @throws {MillraceError} DATASOURCE_MISSING where the demo has never run
 */
export async function ownDatabase(config: Config, note: (line: string) => void): Promise<GivenAccounts> {
  if (!hasPrivateServer(config)) {
    const hint = 'set MILLRACE_DATASOURCE=mysql://user:password@host:port/database, or run npm run demo first';
    throw new MillraceError('DATASOURCE_MISSING', 'no database is named', { hint });
  }
  note("MILLRACE_DATASOURCE is not set: using the demo's own database");
  const { dsn } = await startPrivateServer(privateServerFolder(config), {});
  return { dsn, systemDsn: null, readerDsn: null };
}

/** Those of the settings; where they name no database, the demo's own. @throws {MillraceError} DATASOURCE_MISSING */
export async function namedAccounts(config: Config, note: (line: string) => void): Promise<Accounts> {
  const { dsn, systemDsn } = config;
  return accountsOf(dsn === null ? await ownDatabase(config, note) : { dsn, systemDsn, readerDsn: null });
}
