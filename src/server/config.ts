import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { parseDsn } from '../datasource/dsn.ts';
import { MillraceError } from '../errors.ts';
import type { AllowedImages } from './auth/images.ts';
import type { KnownUser } from './auth/users.ts';
import {
  type ConfigFile,
  type DatasourceEntry,
  invalid,
  type LimitName,
  limitBounds,
  readConfigFile,
  readUsersFile,
  type UserEntry,
} from './config-file.ts';
import { isLoopback } from './loopback.ts';

/** What `millrace serve` is told. */
export interface ServerConfig {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The first is meant where a statement names none. Empty: none is named. */
  readonly datasources: readonly DatasourceConfig[];
  /** Empty: everyone may do everything, and the host is loopback. */
  readonly users: readonly KnownUser[];
  readonly limits: Limits;
  /** Addresses with `{id}` in them; null: there are none. */
  readonly links: { readonly argo: string | null; readonly grafana: string | null };
  readonly images: AllowedImages;
  readonly stop: { readonly seconds: number };
  /** Ended statements are kept that long; null: for ever. */
  readonly retentionDays: number | null;
}

export interface DatasourceConfig {
  readonly name: string;
  /** A secret. */
  readonly dsn: string;
  /** Where pods have the DSN from; null: as `readDeployment` says. */
  readonly secret: { readonly secret: string; readonly key: string } | null;
  /** The system schema's name. */
  readonly schema: string;
}

/** See `limitBounds`. */
export type Limits = Readonly<Record<LimitName, number>>;

const stopSeconds = 30;

/**
 *   MILLRACE_HOST, MILLRACE_PORT   where to listen; 127.0.0.1 and 8080
 *   MILLRACE_SERVER_CONFIG         a YAML file: datasources, users, limits, links, images, stop, retentionDays
 *   MILLRACE_USERS_FILE            more users: a YAML list of them
 *   MILLRACE_DATASOURCE            the DSN of the datasource `default`
 *   MILLRACE_SCHEMA                the system schema where a datasource names none; `millrace`
 *
 * @throws {MillraceError} SERVER_CONFIG_INVALID, ANONYMOUS_REFUSED, DATASOURCE_INVALID
 */
export async function readServerConfig(environment: NodeJS.ProcessEnv): Promise<ServerConfig> {
  const path = environment.MILLRACE_SERVER_CONFIG || null;
  const file: ConfigFile = path === null ? {} : await readConfigFile(path);
  const datasources = await readDatasources(file.datasources ?? {}, path ?? '', environment);
  const users = await readUsers(file.users ?? [], environment.MILLRACE_USERS_FILE || null);
  checkUsers(users, datasources);
  if (users.length > 0) for (const datasource of datasources) refuseSystemDatabase(datasource);
  const host = environment.MILLRACE_HOST || '127.0.0.1';
  if (users.length === 0) refuseAnonymous(host);
  return {
    host,
    port: readPort(environment.MILLRACE_PORT || '8080'),
    datasources,
    users,
    limits: { ...defaultLimits, ...file.limits },
    links: { argo: file.links?.argo ?? null, grafana: file.links?.grafana ?? null },
    images: file.images ?? {},
    stop: { seconds: file.stop?.seconds ?? stopSeconds },
    retentionDays: file.retentionDays ?? null,
  };
}

const defaultLimits = Object.fromEntries(
  Object.entries(limitBounds).map(([name, [byDefault]]) => [name, byDefault]),
) as Limits;

function readPort(written: string): number {
  const port = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN;
  if (port <= 65_535) return port;
  throw invalid(`MILLRACE_PORT is "${written}"`, 'write a number from 0 to 65535; 0 is any that is free');
}

async function readDatasources(
  entries: Readonly<Record<string, DatasourceEntry>>,
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<readonly DatasourceConfig[]> {
  const schema = environment.MILLRACE_SCHEMA || 'millrace';
  const dsn = environment.MILLRACE_DATASOURCE || null;
  const ofEnvironment = dsn === null ? [] : [{ name: 'default', dsn, secret: null, schema }];
  if (dsn !== null) parseDsn(dsn);
  if (dsn !== null && entries.default !== undefined) {
    throw invalid(`${file}: there is a datasource "default", and MILLRACE_DATASOURCE is another`, 'remove one of them');
  }
  const ofFile = Object.entries(entries).map(async ([name, entry]) => ({
    name,
    dsn: await readDsn(entry, { file, name, environment }),
    secret: readSecret(entry, { file, name, environment }),
    schema: entry.schema ?? schema,
  }));
  return [...ofEnvironment, ...(await Promise.all(ofFile))];
}

interface Entry {
  readonly file: string;
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
}

async function readDsn(entry: DatasourceEntry, where: Entry): Promise<string> {
  const given = (['dsn', 'dsnFile', 'dsnEnvironment'] as const).filter((key) => entry[key] !== undefined);
  const place = `${where.file}: datasources.${where.name}`;
  if (given.length !== 1) {
    const found = given.length === 0 ? 'names no database' : `has ${given.join(' and ')}`;
    throw invalid(`${place} ${found}`, 'write one of dsn, dsnFile and dsnEnvironment');
  }
  const dsn = await dsnOf(entry, place, where);
  try {
    parseDsn(dsn);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw invalid(`${place}.${given[0]}: ${error.message}`, error.hint ?? 'mend the DSN');
  }
  return dsn;
}

async function dsnOf(
  { dsn, dsnFile, dsnEnvironment = '' }: DatasourceEntry,
  place: string,
  { file, environment }: Entry,
): Promise<string> {
  if (dsn !== undefined) return dsn;
  if (dsnFile === undefined) {
    const found = environment[dsnEnvironment];
    if (found) return found;
    throw invalid(`${place}.dsnEnvironment: ${dsnEnvironment} is not set`, `set ${dsnEnvironment} to the DSN`);
  }
  const path = resolve(dirname(file), dsnFile);
  const written = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(`${place}.dsnFile: ${path} cannot be read (${error.code})`, 'mend its name or its rights');
  });
  return written.trim();
}

/** Pods read the DSN from a Secret of their own, so that no workflow holds it. */
function readSecret({ secret }: DatasourceEntry, { file, name, environment }: Entry): DatasourceConfig['secret'] {
  if (secret === undefined) {
    if (environment.MILLRACE_ENGINE !== 'argo') return null;
    const hint = 'add secret: NAME/KEY, the Secret of the namespace that holds the same DSN';
    throw invalid(`${file}: datasources.${name} does not say where pods have the DSN from`, hint);
  }
  const [ofName = '', key = ''] = secret.split('/');
  return { secret: ofName, key };
}

async function readUsers(ofConfig: readonly UserEntry[], file: string | null): Promise<readonly KnownUser[]> {
  const ofFile = file === null ? [] : await readUsersFile(file);
  return [...ofConfig, ...ofFile].map(({ datasources = null, ...user }) => ({ ...user, datasources }));
}

function checkUsers(users: readonly KnownUser[], datasources: readonly DatasourceConfig[]): void {
  const names = datasources.map(({ name }) => name);
  const byToken = new Map<string, string>();
  for (const [index, user] of users.entries()) {
    if (users.findIndex(({ name }) => name === user.name) < index) {
      throw invalid(`there are two users "${user.name}"`, 'remove one, or rename it');
    }
    const other = byToken.get(user.token);
    if (other) throw invalid(`the users "${other}" and "${user.name}" have one token`, 'make a token for each');
    byToken.set(user.token, user.name);
    const unknown = user.datasources?.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      const hint = `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`;
      throw invalid(`the user "${user.name}" may use "${unknown}", which is no datasource`, hint);
    }
  }
}

/** Else names without a database would be those of the system schema, which `checkSystemSchema` keeps users from. */
function refuseSystemDatabase({ name, dsn, schema }: DatasourceConfig): void {
  if (parseDsn(dsn).database?.toLowerCase() !== schema.toLowerCase()) return;
  throw invalid(
    `the DSN of the datasource "${name}" names the system schema ${schema} as its database`,
    'name the database of your own tables in the DSN, or none',
  );
}

function refuseAnonymous(host: string): void {
  if (host === 'localhost' || (isIP(host) > 0 && isLoopback(host))) return;
  throw new MillraceError('ANONYMOUS_REFUSED', `the server would listen on ${host}, and no users are configured`, {
    hint: 'make a token with `millrace token` and name its user in MILLRACE_USERS_FILE, or set MILLRACE_HOST=127.0.0.1',
  });
}
