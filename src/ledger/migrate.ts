import { createHash } from 'node:crypto';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { describeTable } from '../datasource/describe.ts';
import { quoteName, quoteTable } from '../datasource/identifiers.ts';
import { MillraceError } from '../errors.ts';
import { systemSchema } from './migrations/0001-system-schema.ts';
import { workflows } from './migrations/0002-workflows.ts';
import { results } from './migrations/0003-results.ts';
import { history } from './migrations/0004-history.ts';
import { purged } from './migrations/0005-purged.ts';
import { fairShares } from './migrations/0006-fair-shares.ts';
import { resultSizes } from './migrations/0007-result-sizes.ts';
import { standardStatements } from './migrations/0008-standard-statements.ts';
import { outputs } from './migrations/0009-outputs.ts';
import { models } from './migrations/0010-models.ts';
import { runTimings } from './migrations/0011-run-timings.ts';
import { latestMeasurements } from './migrations/0012-latest-measurements.ts';
import { answers } from './migrations/0013-answers.ts';
import { modelCounts } from './migrations/0014-model-counts.ts';
import { logs } from './migrations/0015-logs.ts';
import { drawnPartitions } from './migrations/0016-drawn-partitions.ts';
import { workers } from './migrations/0017-workers.ts';
import { trainings } from './migrations/0018-trainings.ts';
import { trials } from './migrations/0019-trials.ts';
import { bestEpochs } from './migrations/0020-best-epochs.ts';
import { unitParts } from './migrations/0021-unit-parts.ts';

/**
 * Migrations in order; the first is version 1. Each returns repeatable statements: DDL commits implicitly, so an interrupted migration
 * runs again from its start.
 */
const migrations: readonly ((table: (name: string) => string) => readonly string[])[] = [
  systemSchema,
  workflows,
  results,
  history,
  purged,
  fairShares,
  resultSizes,
  standardStatements,
  outputs,
  models,
  runTimings,
  latestMeasurements,
  answers,
  modelCounts,
  logs,
  drawnPartitions,
  workers,
  trainings,
  trials,
  bestEpochs,
  unitParts,
];

/** Version of the system schema after `migrate`. */
export const latestVersion = migrations.length;

const LOCK_PATIENCE_SECONDS = 60;

/**
 * Creates or updates the system schema. Any number of processes may do so concurrently.
 *
 * @throws MillraceError DATABASE_NEWER if a newer Millrace created it, DATABASE_RIGHTS, DATABASE_…
 */
export async function migrate(pool: Pool, schema: string): Promise<void> {
  if ((await schemaVersion(pool, schema)) === migrations.length) return;
  const connection = await pool.getConnection();
  try {
    await lock(connection, schema);
    await apply(connection, schema);
    await connection.query('DO RELEASE_LOCK(?)', [lockName(schema)]);
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    connection.release();
  }
}

/** Version of the system schema; 0: it does not exist. @throws MillraceError DATABASE_NEWER, DATABASE_… */
export async function schemaVersion(pool: Pick<Pool, 'query'>, schema: string): Promise<number> {
  const table = { database: schema, table: 'migrations' };
  if ((await describeTable(pool, table)) === null) return 0;
  const [[row]] = await pool.query<RowDataPacket[]>(`SELECT MAX(version) AS version FROM ${quoteTable(table)}`);
  const version = Number(row?.version ?? 0);
  if (version <= migrations.length) return version;
  const message = `the schema ${schema} has version ${version}; this Millrace supports up to ${migrations.length}`;
  throw new MillraceError('DATABASE_NEWER', message);
}

async function apply(connection: PoolConnection, schema: string): Promise<void> {
  const table = (name: string) => quoteTable({ database: schema, table: name });
  await createSchema(connection, schema);
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${table('migrations')} (
      version INT UNSIGNED NOT NULL PRIMARY KEY,
      applied_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
    ) ENGINE=InnoDB`,
  );
  for (let version = await schemaVersion(connection, schema); version < migrations.length; version++) {
    for (const sql of migrations[version]!(table)) await connection.query(sql);
    await connection.query(`INSERT INTO ${table('migrations')} (version) VALUES (?)`, [version + 1]);
  }
}

/** Checks first whether the schema exists: without the right to create it, `IF NOT EXISTS` fails even if it does. */
async function createSchema(connection: PoolConnection, schema: string): Promise<void> {
  const [found] = await connection.query<RowDataPacket[]>(
    'SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
    [schema],
  );
  if (found.length > 0) return;
  await connection.query(
    `CREATE DATABASE IF NOT EXISTS ${quoteName(schema)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  );
}

async function lock(connection: PoolConnection, schema: string): Promise<void> {
  const name = lockName(schema);
  const [[row]] = await connection.query<RowDataPacket[]>(
    'SELECT GET_LOCK(?, ?) AS locked, IS_USED_LOCK(?) AS holder',
    [name, LOCK_PATIENCE_SECONDS, name],
  );
  if (Number(row?.locked) === 1) return;
  throw new MillraceError('DATABASE_BUSY', `the schema ${schema} is being migrated by another process`, {
    hint: `try again in a minute${row?.holder ? `; connection ${row.holder} of the database holds the lock ${name}` : ''}`,
  });
}

/**
 * A hash, because MySQL limits names of locks to 64 characters, which the name of a schema may already have. Users can know the lock's
 * name, because no secret exists before the first migration. A user who holds the lock can only delay the start of servers with a newer
 * version, and the error names the connection: a server whose schema is up to date takes no lock.
 */
function lockName(schema: string): string {
  return `millrace-${createHash('sha1').update(schema).digest('hex')}`;
}
