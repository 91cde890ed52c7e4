import { type Config, hasPrivateServer, privateServerFolder } from '../config.ts';
import { MillraceError } from '../errors.ts';
import { startPrivateServer } from './private-server.ts';

/**
 * The demo's own database, for who names none.
 * @returns its DSN
 * @throws {MillraceError} DATASOURCE_MISSING where the demo has never run
 */
export async function ownDatabase(config: Config, note: (line: string) => void): Promise<string> {
  if (!hasPrivateServer(config)) {
    const hint = 'set MILLRACE_DATASOURCE=mysql://user:password@host:port/database, or run npm run demo first';
    throw new MillraceError('DATASOURCE_MISSING', 'no database is named', { hint });
  }
  note("MILLRACE_DATASOURCE is not set: using the demo's own database");
  return (await startPrivateServer(privateServerFolder(config), {})).dsn;
}
