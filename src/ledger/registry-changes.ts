import { isDeepStrictEqual } from 'node:util';
import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { transaction, withReconnect } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import type { ModelActor } from '../model-task.ts';
import type { ModelFacts, ModelVersion } from './registry.ts';
import { readModel } from './registry.ts';
import { tablesOf } from './tables.ts';
import { deleteTrainings, insertTraining, readTraining, type TrainedVersion } from './trainings.ts';

/** A version to add. */
export type NewVersion = Pick<
  ModelVersion,
  'name' | 'kind' | 'digest' | 'size' | 'location' | 'file' | 'base' | 'statement' | 'simulation'
> & { readonly facts: ModelFacts };

export interface Added {
  readonly version: number;
  /** False if the current version is the same already. */
  readonly isNew: boolean;
}

/**
 * Adds a version, which becomes the current one. A name that nobody uses is the actor's from then on. Concurrent calls with one name get
 * successive versions, or the same one if they add the same.
 *
 * @param training the step that trained it, which adds a version once, however often it is repeated
 * @throws {MillraceError} MODEL_EXISTS if the name is another user's, MODEL_DROPPED if its file in the database is not complete, DATABASE_…
 */
export function addVersion(
  pool: Pool,
  schema: string,
  model: NewVersion,
  actor: ModelActor,
  training: Omit<TrainedVersion, 'name' | 'version'> | null = null,
): Promise<Added> {
  return change(pool, async (connection) => {
    const table = tablesOf(schema);
    // Takes the lock on the name even if no model has it yet.
    await connection.query(
      `INSERT INTO ${table('models')} (name, owner, current_version) VALUES (?, ?, 0)
      ON DUPLICATE KEY UPDATE name = name`,
      [model.name, actor.user],
    );
    const { owner, current } = (await lockName(connection, schema, model.name))!;
    if (owner !== actor.user && !actor.isAdmin) throw taken(model.name, owner);
    const earlier = training && (await readTraining(connection, schema, training));
    if (earlier) return { version: earlier.version, isNew: true };
    const added = await addLocked(connection, schema, model, current, actor);
    if (training) await insertTraining(connection, schema, { ...training, name: model.name, version: added.version });
    return added;
  });
}

/** @param current the number of the current version; 0: there is none */
async function addLocked(
  connection: PoolConnection,
  schema: string,
  model: NewVersion,
  current: number,
  actor: ModelActor,
): Promise<Added> {
  if (model.location === 'database') await requireFile(connection, schema, model);
  const same = await sameVersion(connection, schema, model, current);
  if (same !== null) return { version: same, isNew: false };
  const version = await nextVersion(connection, schema, model.name);
  await insertVersion(connection, schema, model, version, actor);
  await connection.query(`UPDATE ${tablesOf(schema)('models')} SET current_version = ? WHERE name = ?`, [
    version,
    model.name,
  ]);
  return { version, isNew: true };
}

/**
 * Removes a name and its versions. Running statements keep theirs. The numbers of its versions are not used again.
 *
 * @returns the digests of its files in the database; null if there is no such model
 * @throws {MillraceError} MODEL_NOT_OWNED, DATABASE_…
 */
export function dropModel(
  pool: Pool,
  schema: string,
  name: string,
  actor: ModelActor,
): Promise<readonly string[] | null> {
  return change(pool, async (connection) => {
    const table = tablesOf(schema);
    const found = await lockName(connection, schema, name);
    if (found === null) return null;
    requireOwner(name, found.owner, actor, 'drop');
    const [stored] = await connection.query<RowDataPacket[]>(
      `SELECT digest FROM ${table('model_versions')} WHERE model_name = ? AND state = 'active' AND location = 'database'`,
      [name],
    );
    await connection.query(`UPDATE ${table('model_versions')} SET state = 'dropped' WHERE model_name = ?`, [name]);
    await connection.query(`DELETE FROM ${table('models')} WHERE name = ?`, [name]);
    await deleteTrainings(connection, schema, name);
    return stored.map(({ digest }) => String(digest));
  });
}

/** Makes another version the current one. @throws {MillraceError} UNKNOWN_MODEL, MODEL_NOT_OWNED, DATABASE_… */
export function setVersion(
  pool: Pool,
  schema: string,
  name: string,
  version: number,
  actor: ModelActor,
): Promise<void> {
  return change(pool, async (connection) => {
    const table = tablesOf(schema);
    const found = await lockName(connection, schema, name);
    if (found === null) throw new MillraceError('UNKNOWN_MODEL', `no model is registered as '${name}'`);
    requireOwner(name, found.owner, actor, 'change');
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT version FROM ${table('model_versions')} WHERE model_name = ? AND state = 'active' ORDER BY version`,
      [name],
    );
    const versions = rows.map((row): number => row.version);
    if (!versions.includes(version)) throw unknownVersion(name, version, versions);
    await connection.query(`UPDATE ${table('models')} SET current_version = ? WHERE name = ?`, [version, name]);
  });
}

function unknownVersion(name: string, version: number, versions: readonly number[]): MillraceError {
  return new MillraceError('UNKNOWN_MODEL', `the model '${name}' has no version ${version}`, {
    hint: `its versions: ${versions.join(', ')}`,
  });
}

/** Repeated after a deadlock or a lost connection: each change finds what an earlier attempt committed. */
const change = <T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> =>
  withReconnect(() => transaction(pool, work));

async function lockName(connection: PoolConnection, schema: string, name: string) {
  const [[row]] = await connection.query<RowDataPacket[]>(
    `SELECT owner, current_version FROM ${tablesOf(schema)('models')} WHERE name = ? FOR UPDATE`,
    [name],
  );
  return row === undefined ? null : { owner: String(row.owner), current: Number(row.current_version) };
}

/** The file cannot be swept while its row is locked. */
async function requireFile(connection: PoolConnection, schema: string, { name, digest }: NewVersion): Promise<void> {
  const [files] = await connection.query<RowDataPacket[]>(
    `SELECT 1 FROM ${tablesOf(schema)('model_files')} WHERE digest = ? AND is_complete FOR UPDATE`,
    [digest],
  );
  if (files.length > 0) return;
  throw new MillraceError('MODEL_DROPPED', `the file of the model '${name}' is not in the database`);
}

async function sameVersion(connection: PoolConnection, schema: string, model: NewVersion, current: number) {
  if (current === 0) return null;
  const known = await readModel(connection, schema, model.name, current);
  if (known === null) return null;
  const parts = ({ kind, digest, location, file, base, facts, simulation }: NewVersion) =>
    JSON.parse(JSON.stringify({ kind, digest, location, file, base, facts, simulation }));
  return isDeepStrictEqual(parts(known), parts(model)) ? current : null;
}

async function nextVersion(connection: PoolConnection, schema: string, name: string): Promise<number> {
  const [[row]] = await connection.query<RowDataPacket[]>(
    `SELECT COALESCE(MAX(version), 0) + 1 AS next FROM ${tablesOf(schema)('model_versions')} WHERE model_name = ?`,
    [name],
  );
  return Number(row!.next);
}

async function insertVersion(
  connection: PoolConnection,
  schema: string,
  { name, kind, digest, size, location, file, base, facts, statement, simulation }: NewVersion,
  version: number,
  { user }: ModelActor,
): Promise<void> {
  await connection.query<ResultSetHeader>(
    `INSERT INTO ${tablesOf(schema)('model_versions')} (model_name, version, kind, digest, size, location, file, base, family, classes,
       facts, statement, made_at, made_by, simulation, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NOW(6), ?, ?, 'active')`,
    [
      ...[name, version, kind, digest, size, location, file, base, facts.family, facts.classNames.length],
      ...[JSON.stringify(facts), statement, user, simulation === null ? null : JSON.stringify(simulation)],
    ],
  );
}

function taken(name: string, owner: string): MillraceError {
  return new MillraceError('MODEL_EXISTS', `the name '${name}' belongs to a model of ${owner}`, {
    hint: 'choose another name; only the owner or an administrator adds versions',
  });
}

function requireOwner(name: string, owner: string, { user, isAdmin }: ModelActor, what: 'drop' | 'change'): void {
  if (owner === user || isAdmin) return;
  throw new MillraceError('MODEL_NOT_OWNED', `the model '${name}' belongs to ${owner}`, {
    hint: `ask ${owner} or an administrator to ${what} it`,
  });
}
