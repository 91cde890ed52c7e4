import type { Config } from '../config.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { namedAccounts } from '../datasource/own-database.ts';
import { openPool } from '../datasource/pool.ts';
import { latestVersion, migrate, schemaVersion } from '../ledger/migrate.ts';
import { withGrants } from './account-rights.ts';
import type { Output } from './output.ts';

/** `millrace migrate`: creates or updates the system schema, and prints the old and the new version. */
export async function migrateSchema(config: Config, output: Output): Promise<number> {
  const accounts = await namedAccounts(config, output.note);
  const pool = openPool(parseDsn(accounts.systemDsn), { connections: 2 });
  try {
    const from = await schemaVersion(pool, config.schema);
    const { schema } = config;
    await withGrants({ pool, role: 'system', accounts, schema }, () => migrate(pool, schema));
    if (output.json) output.write({ schema: config.schema, from, to: latestVersion });
    else output.line(`${config.schema}: ${sentence(from, latestVersion)}`);
    return 0;
  } finally {
    await pool.end();
  }
}

function sentence(from: number, to: number): string {
  if (from === 0) return `created, version ${to}`;
  return from === to ? `up to date, version ${to}` : `updated from version ${from} to ${to}`;
}
