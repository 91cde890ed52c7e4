import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { readConfig } from '../config.ts';
import { ownDatabase } from '../datasource/own-database.ts';
import { MillraceError } from '../errors.ts';
import { type MysqlDoor, openMysqlDoor } from '../mysql/open-door.ts';
import { systemSchemasOf } from '../service/access/system-schema.ts';
import { openFairGate } from '../service/fair-gate.ts';
import { openPictureProcesses } from '../service/pictures/picture-processes.ts';
import { keepQuotas, keepRetention } from '../service/retention.ts';
import { type DatasourceHandle, serveDatasource } from '../service/served-datasource.ts';
import { version } from '../version.ts';
import type { SecretKey } from '../workflow/workflow.ts';
import { buildApp } from './app.ts';
import { asEnvironment, type DatasourceConfig, readServerConfig, type ServerConfig } from './config.ts';
import type { App, ServerContext } from './context.ts';
import { openLog } from './log.ts';
import { openMetrics } from './metrics.ts';

/** Two replicas fit into the 151 connections that a database allows by default: https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_connections */
const connections = 16;

/** Number of programs accepted at once. Each takes several queries and some ms of this process, which serves other requests in between. */
const acceptedAtOnce = 4;

/** Each reads up to a million rows of a result, on a connection that streams of results use too. */
const pictureQueriesAtOnce = 4;

/** Number of programs whose models are searched at once: each may take a core and half a gibibyte for 20 s. */
const searchedAtOnce = 2;

export interface RunningServer {
  readonly app: App;
  readonly url: string;
  /** For clients of MySQL; null: it does not listen for them. */
  readonly mysql: MysqlDoor | null;
  /** Answers open requests, ends streams and leaves running statements to the next server. Takes at most `stop.seconds`. */
  stop(): Promise<void>;
}

/** `millrace serve`: runs until SIGTERM or SIGINT. */
export async function serve(environment: NodeJS.ProcessEnv): Promise<never> {
  const log = openLog();
  const server = await startServer(environment, log);
  log.info(`the console is at ${server.url}/`);
  const [signal] = await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  log.info({ signal }, 'stopping');
  await server.stop();
  log.info('stopped');
  // Work that has not ended in time is left as if the server had died.
  return process.exit(0);
}

export async function startServer(environment: NodeJS.ProcessEnv, log: FastifyBaseLogger): Promise<RunningServer> {
  const config = await withDatasource(await readServerConfig(environment), environment, log);
  const stopping = new AbortController();
  const datasources = openDatasources(config, environment, stopping.signal, log);
  const metrics = openMetrics({ version, datasources });
  const { limits } = config;
  const heartbeatSeconds = Math.min(15, limits.idleStreamSeconds / 2);
  const streams = {
    open: 0,
    most: limits.streams,
    ofUsers: { open: new Map<string, number>(), most: limits.streamsPerUser },
    heartbeatSeconds,
    stopping: stopping.signal,
  };
  const rules = {
    limits,
    images: config.images,
    profiles: config.profiles,
    buckets: config.buckets,
    systemSchemas: systemSchemasOf(config.datasources),
    acceptance: openFairGate(acceptedAtOnce),
    searches: openFairGate(searchedAtOnce),
    acceptanceSeconds: 30,
    observePhase: metrics.observePhase,
  };
  const pictures = { processes: openPictureProcesses(environment), queries: openFairGate(pictureQueriesAtOnce) };
  const context: ServerContext = { config, datasources, streams, metrics, rules, pictures };
  const app = await buildApp(context, log);
  await listen(app, config);
  const mysql = await openMysql(config, context, readConfig(environment).stateFolder, log).catch(async (error) => {
    await app.close();
    throw error;
  });
  const quota = { perUser: limits.resultBytesPerUser, total: limits.resultBytesTotal };
  const retention = Promise.all([
    keepRetention(datasources, config.retentionDays, stopping.signal, log),
    keepQuotas(datasources, quota, stopping.signal, log),
  ]);
  return {
    app,
    url: urlOf(app),
    mysql,
    async stop() {
      stopping.abort();
      const bound = sleep(config.stop.seconds * 1000, undefined, { ref: false });
      await Promise.race([Promise.all([app.close(), mysql?.close()]), bound]);
      app.server.closeAllConnections();
      pictures.processes.close();
      const closed = Promise.all(datasources.map((datasource) => datasource.close({ handOver: true })));
      await Promise.race([closed, bound]);
      await retention;
      metrics.close();
    },
  };
}

async function openMysql(
  { host, mysql, datasources, users, limits }: ServerConfig,
  { datasources: handles, rules, metrics }: ServerContext,
  stateFolder: string,
  log: FastifyBaseLogger,
): Promise<MysqlDoor | null> {
  if (mysql === null) return null;
  return openMysqlDoor({
    host,
    ...mysql,
    stateFolder,
    datasources: handles,
    accounts: new Map(datasources.map((each) => [each.name, each])),
    users,
    rules,
    requestSeconds: limits.requestSeconds,
    connections: limits.mysqlConnections,
    connectionsPerUser: limits.mysqlConnectionsPerUser,
    counts: metrics.mysql,
    log,
  });
}

/** Adds the demo's own database if no datasource is configured. */
async function withDatasource(
  config: ServerConfig,
  environment: NodeJS.ProcessEnv,
  log: FastifyBaseLogger,
): Promise<ServerConfig> {
  if (config.datasources.length > 0) return config;
  const base = readConfig(environment);
  const accounts = await ownDatabase(base, (line) => log.info(line));
  return { ...config, datasources: [{ name: 'default', ...accounts, ...asEnvironment, schema: base.schema }] };
}

function openDatasources(
  config: ServerConfig,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  log: FastifyBaseLogger,
): readonly DatasourceHandle[] {
  const base = readConfig(environment);
  return config.datasources.map((datasource) =>
    serveDatasource({
      name: datasource.name,
      accounts: datasource,
      config: { ...base, schema: datasource.schema },
      environment: {
        ...environment,
        ...namespaceOf(datasource),
        ...secretsOf(datasource, environment, config.users.length > 0),
      },
      profiles: config.profiles,
      links: config.links,
      connections,
      limits: {
        running: { perUser: config.limits.runningStatementsPerUser, total: config.limits.runningStatements },
        serverDeaths: config.limits.serverDeaths,
      },
      signal,
      onError: (error) => log.warn({ err: error, datasource: datasource.name }, 'datasource error'),
    }),
  );
}

/** The namespace to which the statements of a datasource are submitted: each has an engine of its own. */
function namespaceOf({ namespace, serviceAccount }: DatasourceConfig): NodeJS.ProcessEnv {
  return {
    ...(namespace !== null && { MILLRACE_NAMESPACE: namespace }),
    ...(serviceAccount !== null && { MILLRACE_SERVICE_ACCOUNT: serviceAccount }),
  };
}

/**
 * The Secrets from which the pods of a datasource read its DSNs. With users, images other than the worker's get only an account that was
 * created for them.
 */
function secretsOf(
  { secret, systemSecret, readerSecret, foreignSecret }: DatasourceConfig,
  environment: NodeJS.ProcessEnv,
  hasUsers: boolean,
): NodeJS.ProcessEnv {
  const written = (found: SecretKey | null) => (found === null ? undefined : `${found.secret}/${found.key}`);
  const isOfFile = secret !== null;
  const foreign = written(foreignSecret) ?? (isOfFile ? undefined : environment.MILLRACE_FOREIGN_DATASOURCE_SECRET);
  return {
    ...(isOfFile && {
      MILLRACE_DATASOURCE_SECRET: written(secret),
      MILLRACE_SYSTEM_DATASOURCE_SECRET: written(systemSecret),
      MILLRACE_READER_DATASOURCE_SECRET: written(readerSecret),
    }),
    MILLRACE_FOREIGN_DATASOURCE_SECRET: foreign || (hasUsers ? 'none' : undefined),
  };
}

async function listen(app: App, { host, port }: ServerConfig): Promise<void> {
  try {
    await app.listen({ host, port, listenTextResolver: (url) => `listening on ${url}` });
  } catch (cause) {
    const { code } = Object(cause) as { code?: string };
    const why =
      code === 'EADDRINUSE'
        ? 'the port is in use'
        : code === 'EACCES'
          ? 'the account may not use the port'
          : String(code);
    throw new MillraceError('SERVER_NOT_LISTENING', `cannot listen on ${host}:${port}: ${why}`, {
      hint: 'set another address in MILLRACE_HOST and MILLRACE_PORT',
      cause,
    });
  }
}

function urlOf(app: App): string {
  const { address, family, port } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
