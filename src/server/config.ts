import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { readBuckets } from '../bucket-url.ts';
import type { Profile } from '../catalog/profile.ts';
import { type Accounts, accountsOf } from '../datasource/accounts.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { MillraceError } from '../errors.ts';
import type { AllowedBuckets } from '../service/access/buckets.ts';
import type { AllowedImages } from '../service/access/images.ts';
import type { KnownUser } from '../service/access/users.ts';
import { profilesOf } from '../service/profiles.ts';
import { invalid } from '../service/settings-file.ts';
import type { SubmissionLimits } from '../service/submit.ts';
import { workSchemaOf } from '../task.ts';
import type { SecretKey } from '../workflow/workflow.ts';
import {
  type ConfigFile,
  type DatasourceEntry,
  type LimitName,
  limitBounds,
  readConfigFile,
  readUsersFile,
  type UserEntry,
} from './config-file.ts';
import { isLoopback } from './loopback.ts';

/** The configuration of `millrace serve`. */
export interface ServerConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The listener for clients of MySQL; null: none. */
  readonly mysql: MysqlConfig | null;
  /** The first is the default of requests. Empty: none is configured. */
  readonly datasources: readonly DatasourceConfig[];
  /** Empty: everyone may do everything, and the host is loopback. */
  readonly users: readonly KnownUser[];
  readonly limits: Limits;
  /** URLs with `{id}` in place of the statement's id; null: none. */
  readonly links: { readonly argo: string | null; readonly grafana: string | null };
  readonly images: AllowedImages;
  readonly profiles: readonly Profile[];
  readonly buckets: AllowedBuckets;
  readonly stop: { readonly seconds: number };
  /** Days that ended statements are kept. */
  readonly retentionDays: number;
}

export interface MysqlConfig {
  /** 0: any free port. */
  readonly port: number;
  /** PEM files; null: a certificate that nobody else has signed. */
  readonly certificate: { readonly certificate: string; readonly key: string } | null;
}

export interface DatasourceConfig extends Accounts {
  readonly name: string;
  /** Secret that holds the DSN for pods; null: as in the engine's environment. */
  readonly secret: SecretKey | null;
  /** Secret with the DSN of the system account. */
  readonly systemSecret: SecretKey | null;
  /** Secret with the DSN of the readers' account. */
  readonly readerSecret: SecretKey | null;
  /** Secret with the DSN for images other than the worker's. */
  readonly foreignSecret: SecretKey | null;
  /** Namespace of its workflows, and the service account of their pods; null: as in the engine's environment. */
  readonly namespace: string | null;
  readonly serviceAccount: string | null;
  /** The system schema's name. */
  readonly schema: string;
}

/** See `limitBounds`. */
export type Limits = Readonly<Record<LimitName, number>> & SubmissionLimits;

const stopSeconds = 30;
const retentionDays = 30;
/** Other roles have no limit. */
const statementSeconds = { reader: 60, user: 3600 };

/**
 *   MILLRACE_HOST, MILLRACE_PORT   address to listen on; default: 127.0.0.1 and 8080
 *   MILLRACE_MYSQL_PORT            port for clients of MySQL, on the same host; default: none
 *   MILLRACE_MYSQL_TLS_CERT, MILLRACE_MYSQL_TLS_KEY   its certificate and key, PEM files; default: self-signed
 *   MILLRACE_SERVER_CONFIG         a YAML file: datasources, users, profiles, limits, links, images, buckets, stop, retentionDays
 *   MILLRACE_USERS_FILE            further users: a YAML list
 *   MILLRACE_DATASOURCE            DSN of the datasource `default`
 *   MILLRACE_SYSTEM_DATASOURCE     its DSN for the system schema; MILLRACE_READER_DATASOURCE: for statements of readers
 *   MILLRACE_SCHEMA                system schema of datasources that name none; default: `millrace`
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
    port: readPort('MILLRACE_PORT', environment.MILLRACE_PORT || '8080'),
    mysql: readMysql(environment),
    datasources,
    users,
    limits: readLimits(file.limits ?? {}),
    links: { argo: file.links?.argo ?? null, grafana: file.links?.grafana ?? null },
    images: file.images ?? {},
    profiles: profilesOf(path ?? '', file.profiles ?? {}),
    buckets: readAllowedBuckets(file.buckets ?? {}, environment),
    stop: { seconds: file.stop?.seconds ?? stopSeconds },
    retentionDays: file.retentionDays ?? retentionDays,
  };
}

/** A mistake in the list of all buckets is found at the start, too. @throws {MillraceError} BUCKETS_INVALID */
function readAllowedBuckets(
  written: NonNullable<ConfigFile['buckets']>,
  environment: NodeJS.ProcessEnv,
): AllowedBuckets {
  readBuckets(environment.MILLRACE_BUCKETS ?? '');
  return Object.fromEntries(Object.entries(written).map(([role, list]) => [role, readBuckets(list.join(','))]));
}

function readLimits({ maxStatementSeconds, ...given }: NonNullable<ConfigFile['limits']>): Limits {
  const byDefault = Object.fromEntries(Object.entries(limitBounds).map(([name, [number]]) => [name, number]));
  return {
    ...(byDefault as Record<LimitName, number>),
    ...given,
    maxStatementSeconds: { ...statementSeconds, ...maxStatementSeconds },
  };
}

function readMysql({
  MILLRACE_MYSQL_PORT: port,
  MILLRACE_MYSQL_TLS_CERT: certificate = '',
  MILLRACE_MYSQL_TLS_KEY: key = '',
}: NodeJS.ProcessEnv): MysqlConfig | null {
  if (!port) return null;
  if ((certificate === '') !== (key === '')) {
    const [given, missing] = key === '' ? ['CERT', 'KEY'] : ['KEY', 'CERT'];
    throw invalid(`MILLRACE_MYSQL_TLS_${given} is set, but not MILLRACE_MYSQL_TLS_${missing}`, 'set both, or neither');
  }
  return { port: readPort('MILLRACE_MYSQL_PORT', port), certificate: key === '' ? null : { certificate, key } };
}

function readPort(variable: string, written: string): number {
  const port = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN;
  if (port <= 65_535) return port;
  throw invalid(`${variable} is "${written}"`, 'set it to a number from 0 to 65535; 0 means any free port');
}

async function readDatasources(
  entries: Readonly<Record<string, DatasourceEntry>>,
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<readonly DatasourceConfig[]> {
  const schema = environment.MILLRACE_SCHEMA || 'millrace';
  const ofEnvironment = readEnvironment(environment, schema);
  if (ofEnvironment.length > 0 && entries.default !== undefined) {
    throw invalid(`${file} and MILLRACE_DATASOURCE both define the datasource "default"`, 'remove one of them');
  }
  const ofFile = Object.entries(entries).map(([name, entry]) => readEntry(entry, { file, name, environment }, schema));
  return [...ofEnvironment, ...(await Promise.all(ofFile))];
}

function readEnvironment(environment: NodeJS.ProcessEnv, schema: string): readonly DatasourceConfig[] {
  const dsn = environment.MILLRACE_DATASOURCE || null;
  if (dsn === null) return [];
  const accounts = accountsOf({
    dsn,
    systemDsn: environment.MILLRACE_SYSTEM_DATASOURCE || null,
    readerDsn: environment.MILLRACE_READER_DATASOURCE || null,
  });
  for (const each of Object.values(accounts)) parseDsn(each);
  return [{ name: 'default', ...accounts, ...asEnvironment, schema }];
}

/** For datasources whose Secrets, if any, and namespace are named in the environment. */
export const asEnvironment = {
  secret: null,
  systemSecret: null,
  readerSecret: null,
  foreignSecret: null,
  namespace: null,
  serviceAccount: null,
};

interface Entry {
  readonly file: string;
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
}

async function readEntry(entry: DatasourceEntry, where: Entry, schema: string): Promise<DatasourceConfig> {
  const dsn = await readDsn(entry, 'dsn', where);
  if (dsn === null) {
    const message = `${placeOf(where)} names no database`;
    throw invalid(message, 'add one of dsn, dsnFile and dsnEnvironment');
  }
  const systemDsn = await readDsn(entry, 'systemDsn', where);
  const readerDsn = await readDsn(entry, 'readerDsn', where);
  return {
    name: where.name,
    ...accountsOf({ dsn, systemDsn, readerDsn }),
    secret: readSecret(entry, 'secret', where, true),
    systemSecret: readSecret(entry, 'systemSecret', where, systemDsn !== null),
    readerSecret: readSecret(entry, 'readerSecret', where, readerDsn !== null),
    foreignSecret: readSecret(entry, 'foreignSecret', where, false),
    namespace: entry.namespace ?? null,
    serviceAccount: entry.serviceAccount ?? null,
    schema: entry.schema ?? schema,
  };
}

const placeOf = ({ file, name }: Entry) => `${file}: datasources.${name}`;

type DsnKey = 'dsn' | 'systemDsn' | 'readerDsn';

/** @returns null if it is not given */
async function readDsn(entry: DatasourceEntry, key: DsnKey, where: Entry): Promise<string | null> {
  const keys = [key, `${key}File`, `${key}Environment`] as const;
  const given = keys.filter((each) => entry[each] !== undefined);
  if (given.length === 0) return null;
  if (given.length > 1)
    throw invalid(`${placeOf(where)} has ${given.join(' and ')}`, `keep one of ${keys[0]}, ${keys[1]} and ${keys[2]}`);
  const dsn = await dsnOf(entry, key, where);
  try {
    parseDsn(dsn);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw invalid(`${placeOf(where)}.${given[0]}: ${error.message}`, error.hint);
  }
  return dsn;
}

async function dsnOf(entry: DatasourceEntry, key: DsnKey, where: Entry): Promise<string> {
  const [dsn, dsnFile, variable = ''] = [entry[key], entry[`${key}File`], entry[`${key}Environment`]];
  const place = placeOf(where);
  if (dsn !== undefined) return dsn;
  if (dsnFile === undefined) {
    const found = where.environment[variable];
    if (found) return found;
    throw invalid(`${place}.${key}Environment: ${variable} is not set`, `set ${variable} to the DSN`);
  }
  const path = resolve(dirname(where.file), dsnFile);
  const written = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(`${place}.${key}File: ${path} cannot be read (${error.code})`, 'correct its path or its permissions');
  });
  return written.trim();
}

const accountOfSecret = {
  secret: '',
  systemSecret: ' of the system account',
  readerSecret: " of the readers' account",
  foreignSecret: ' of other images',
};

/** Pods read the DSN from a Secret, so that no workflow contains it. */
function readSecret(
  entry: DatasourceEntry,
  key: keyof typeof accountOfSecret,
  where: Entry,
  isNeeded: boolean,
): SecretKey | null {
  const written = entry[key];
  if (written === undefined) {
    if (!isNeeded || where.environment.MILLRACE_ENGINE !== 'argo') return null;
    const what = `the DSN${accountOfSecret[key]}`;
    const hint = `add ${key}: NAME/KEY, a Secret of the namespace that holds the same DSN`;
    throw invalid(`${placeOf(where)} names no Secret from which pods read ${what}`, hint);
  }
  const [secret = '', name = ''] = written.split('/');
  return { secret, key: name };
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
      throw invalid(`two users have the name "${user.name}"`, 'remove or rename one of them');
    }
    const other = byToken.get(user.token);
    if (other) throw invalid(`the users "${other}" and "${user.name}" have the same token`, 'create a token for each');
    byToken.set(user.token, user.name);
    const unknown = user.datasources?.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      const hint = names.length === 0 ? 'configure it' : `use one of ${names.join(', ')}`;
      throw invalid(`the user "${user.name}" has the datasource "${unknown}", which does not exist`, hint);
    }
  }
}

/** Otherwise a table name without a database would be one of the system schema, and `checkSystemSchema` would not find it. */
function refuseSystemDatabase({ name, dsn, readerDsn, schema }: DatasourceConfig): void {
  const databases = [dsn, readerDsn].map((each) => parseDsn(each).database?.toLowerCase());
  const own = [schema, workSchemaOf(schema, true)].find((each) => databases.includes(each.toLowerCase()));
  if (own === undefined) return;
  throw invalid(
    `the DSN of the datasource "${name}" names the system schema ${own} as its database`,
    'name the database of your own tables in the DSN, or none',
  );
}

function refuseAnonymous(host: string): void {
  if (host === 'localhost' || (isIP(host) > 0 && isLoopback(host))) return;
  throw new MillraceError('ANONYMOUS_REFUSED', `the server would listen on ${host}, and no users are configured`, {
    hint: 'create a token with `millrace token` and add its user to MILLRACE_USERS_FILE, or set MILLRACE_HOST=127.0.0.1',
  });
}
