import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Accounts } from '../datasource/accounts.ts';
import { MillraceError } from '../errors.ts';
import type { KnownUser } from '../service/access/users.ts';
import type { DatasourceHandle } from '../service/served-datasource.ts';
import type { SubmissionRules } from '../service/submit.ts';
import { openKnownServers } from './datasource/server-facts.ts';
import { asMillraceError, mysqlErrorOf } from './error-answer.ts';
import { identify } from './login/identify.ts';
import { type CertificateFiles, openKeys } from './login/keys.ts';
import { type Caller, greet, openClientChannel } from './login/log-in.ts';
import { openLoginLimit } from './login/login-limit.ts';
import { earlyErrorPayload, errorPayload } from './protocol/answers.ts';
import type { PacketChannel } from './protocol/packet-channel.ts';
import { serveSession } from './session/client-session.ts';
import type { DoorContext, DoorCounts } from './session/context.ts';
import { openConnections } from './session/open-connections.ts';
import { pair } from './session/pair.ts';
import { openJudge } from './statements/judge.ts';

export interface MysqlDoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly certificate: CertificateFiles | null;
  readonly stateFolder: string;
  readonly datasources: readonly DatasourceHandle[];
  readonly accounts: ReadonlyMap<string, Accounts>;
  readonly users: readonly KnownUser[];
  readonly rules: SubmissionRules;
  readonly requestSeconds: number;
  readonly connections: number;
  readonly connectionsPerUser: number;
  readonly counts: DoorCounts;
  readonly log: DoorContext['log'];
}

/** The front door for clients of MySQL and MariaDB. */
export interface MysqlDoor {
  readonly host: string;
  readonly port: number;
  /** Takes no more clients, and closes the connections of those that are there. */
  close(): Promise<void>;
}

/** Connections of clients that have not logged in. Further ones are closed. */
const mostCallers = 1000;

/** @throws {MillraceError} SERVER_NOT_LISTENING, SERVER_CONFIG_INVALID */
export async function openMysqlDoor(options: MysqlDoorOptions): Promise<MysqlDoor> {
  const { connections: most, connectionsPerUser: mostPerUser } = options;
  const context: DoorContext = {
    ...options,
    keys: await openKeys(options.certificate, options.stateFolder),
    servers: openKnownServers(options.accounts),
    judge: openJudge(options.rules),
    logins: openLoginLimit(),
    connections: openConnections({ most, mostPerUser }),
  };
  const callers = new Set<Socket>();
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) => {
    // Whoever reads from it sees the error; without any listener it would end the process.
    socket.on('error', () => {});
    if (callers.size >= mostCallers) return socket.destroy();
    callers.add(socket);
    void serveCaller(context, socket, () => callers.delete(socket)).catch((error) =>
      context.log.error({ err: error }, 'a connection failed'),
    );
  });
  await listen(server, options);
  const { address, port } = server.address() as AddressInfo;
  context.log.info(`listening on mysql://${address.includes(':') ? `[${address}]` : address}:${port}`);
  return {
    host: address,
    port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      context.connections.closeAll();
      for (const socket of callers) socket.destroy();
      await closed;
    },
  };
}

async function serveCaller(context: DoorContext, socket: Socket, onLogin: () => void): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), context.requestSeconds * 1000);
  const isIn = () => {
    clearTimeout(timer);
    onLogin();
  };
  try {
    const stream = await logInAndServe(context, socket, isIn);
    stream.destroySoon();
  } finally {
    isIn();
  }
}

/** @returns the stream on which the client was answered last */
async function logInAndServe(context: DoorContext, socket: Socket, isIn: () => void): Promise<Socket> {
  const channel = openClientChannel(socket);
  let caller: Caller | null = null;
  try {
    const facts = await context.servers.greeting();
    const id = context.connections.newId();
    caller = await greet(socket, channel, facts, id, context.keys);
    if (caller === null) return socket;
    const identity = await identify(caller.channel, caller, context);
    const session = serveSession(context, caller, id, await pair(context, identity, caller.login));
    isIn();
    await session;
  } catch (error) {
    refuse(context, caller?.channel ?? channel, error, caller === null ? earlyErrorPayload : errorPayload);
  }
  return caller?.stream ?? socket;
}

function refuse(
  { log, counts }: DoorContext,
  channel: PacketChannel,
  error: unknown,
  payloadOf: typeof errorPayload,
): void {
  const known = asMillraceError(error);
  if (known.code === 'INTERNAL') log.error({ err: error }, 'a login failed');
  else log.info({ code: known.code }, known.message);
  counts.login('refused');
  channel.send(payloadOf(mysqlErrorOf(known, null)));
}

async function listen(server: Server, { host, port }: MysqlDoorOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port }, resolve);
    });
  } catch (cause) {
    const { code } = Object(cause) as { code?: string };
    throw new MillraceError('SERVER_NOT_LISTENING', `cannot listen on ${host}:${port}: ${code}`, {
      hint: 'set another port in MILLRACE_MYSQL_PORT, or another address in MILLRACE_HOST',
      cause,
    });
  }
}
