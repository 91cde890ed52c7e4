import type { Pool } from 'mysql2/promise';
import type { Config } from '../../config.ts';
import { parseDsn } from '../../datasource/dsn.ts';
import { namedAccounts } from '../../datasource/own-database.ts';
import { openPool } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { workSchemaOf } from '../../task.ts';

/**
 * Runs a command with connections of the users' account. Datasets are files of this machine, so the command talks to the database itself.
 * @throws {MillraceError} USAGE if only a server is named, what `work` throws
 */
export async function withTables<T>(
  config: Config,
  environment: NodeJS.ProcessEnv,
  note: (line: string) => void,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  if (environment.MILLRACE_URL && config.dsn === null) {
    throw new MillraceError('USAGE', 'dataset commands need the database itself, but only MILLRACE_URL is set', {
      hint: 'set MILLRACE_DATASOURCE=mysql://user:password@host:port/database',
    });
  }
  const { dsn } = await namedAccounts(config, note);
  const pool = openPool(parseDsn(dsn), { connections: 4 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** @throws {MillraceError} USAGE if it cannot be the name of a dataset's database */
export function databaseName(name: string, { schema }: Pick<Config, 'schema'>): string {
  if (name === '' || name.length > 64 || name.endsWith(' '))
    throw new MillraceError('USAGE', `'${name}' is not a valid name of a database`, {
      hint: 'give a name of 1 to 64 characters, such as coco_val',
    });
  if (name === schema || name === workSchemaOf(schema, true))
    throw new MillraceError('USAGE', `${name} is the system schema of Millrace`, { hint: 'name another database' });
  return name;
}
