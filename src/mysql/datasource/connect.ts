import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { databaseError } from '../../datasource/database-error.ts';
import type { ParsedDsn } from '../../datasource/dsn.ts';
import { tlsOptions } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { capability, ofLogin, relayed } from '../protocol/capabilities.ts';
import { command } from '../protocol/commands.ts';
import {
  type Greeting,
  loginPayload,
  readGreeting,
  readSwitch,
  type ServerFacts,
  tlsRequest,
} from '../protocol/login-packets.ts';
import { openPacketChannel, type PacketChannel } from '../protocol/packet-channel.ts';
import { lengthEncoded, lengthEncodedText } from '../protocol/packets.ts';
import { malformed, readPayload } from '../protocol/read-payload.ts';
import { encryptPassword, knowsPlugin, passwordAnswer } from './password-answers.ts';

/** An open connection to a database, on which nothing runs. */
export interface DatabaseConnection {
  readonly stream: Socket;
  /** Its id in the database. */
  readonly id: number;
  readonly server: ServerFacts;
}

export interface ConnectOptions {
  /** The client's, as far as a relayed session shares them. */
  readonly capabilities: number;
  readonly collation: number;
  /** null: that of the DSN, if it names one. */
  readonly database: string | null;
  /** Name of the user of Millrace, for administrators of the database. */
  readonly user: string;
  /** Statements that are run first. */
  readonly settings: readonly string[];
}

const timeoutMs = 20_000;
const longestPayload = 2 ** 20;

/**
 * Logs in as Millrace's account. mysql2 is not used here: on MariaDB it always asks for extended metadata, which the client at the other
 * end of the session could not read.
 * @throws {MillraceError} DATABASE_…, QUERY_FAILED
 */
export async function connectDatabase(dsn: ParsedDsn, options: ConnectOptions): Promise<DatabaseConnection> {
  const socket = dsn.socketPath === null ? connectSocket(dsn.port, dsn.host) : connectSocket(dsn.socketPath);
  // Errors reach the channel and the relay; without any listener they would end the process.
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(timedOut()), timeoutMs);
  try {
    socket.setNoDelay(true).setKeepAlive(true, 60_000);
    return await logIn(socket, dsn, options);
  } catch (error) {
    socket.destroy();
    throw databaseError(error, 'connecting');
  } finally {
    clearTimeout(timer);
  }
}

async function logIn(socket: Socket, dsn: ParsedDsn, options: ConnectOptions): Promise<DatabaseConnection> {
  let channel = openPacketChannel(socket, longestPayload);
  const server = readGreeting(await next(channel));
  const database = options.database ?? dsn.database;
  const capabilities = flagsFor(server, options.capabilities, database !== null, dsn.tls !== null);
  const begin = { capabilities, collation: options.collation };
  let stream: Socket = socket;
  if (dsn.tls !== null) {
    channel.send(tlsRequest(begin));
    channel.release();
    stream = await startTls(socket, dsn);
    channel = openPacketChannel(stream, longestPayload);
    channel.restart(2);
  }
  const plugin = knowsPlugin(server.plugin) ? server.plugin : 'mysql_native_password';
  const answer = passwordAnswer(plugin, dsn.password, server.nonce);
  channel.send(
    loginPayload({ ...begin, user: dsn.user, answer, database, plugin }, attributes(capabilities, options.user)),
  );
  await exchange(channel, dsn, server.nonce);
  for (const sql of options.settings) await run(channel, sql);
  channel.release();
  return { stream, id: server.connectionId, server };
}

/** @throws {MillraceError} if the server lacks a flag that the client has already been promised */
function flagsFor(server: Greeting, ofClient: number, hasDatabase: boolean, isEncrypted: boolean): number {
  const shared = ofClient & relayed;
  if ((shared & ~server.capabilities) !== 0)
    throw new MillraceError('DATABASE_UNREACHABLE', 'the database has changed while you connected', {
      hint: 'connect again',
    });
  const own = ofLogin & server.capabilities & ~capability.connectWithDatabase & ~capability.longAuthResponse;
  return (
    shared |
    own |
    capability.longPassword |
    capability.protocol41 |
    (hasDatabase ? capability.connectWithDatabase : 0) |
    (isEncrypted ? capability.tls : 0)
  );
}

async function startTls(socket: Socket, dsn: ParsedDsn): Promise<TLSSocket> {
  const { host } = dsn;
  const secured = connectTls({ socket, host, ...(isIP(host) === 0 && { servername: host }), ...tlsOptions(dsn.tls!) });
  secured.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    secured
      .once('secureConnect', resolve)
      .once('error', reject)
      .once('close', () => reject(closed()));
  });
  return secured;
}

/** Answers the server until it lets us in. */
async function exchange(channel: PacketChannel, dsn: ParsedDsn, first: Buffer): Promise<void> {
  let nonce = first;
  const isPrivate = dsn.tls !== null || dsn.socketPath !== null;
  for (let payload = await next(channel); payload[0] !== 0; payload = await next(channel)) {
    if (payload[0] === 0xfe) {
      const asked = readSwitch(payload);
      nonce = asked.nonce;
      channel.send(answerTo(asked.plugin, dsn, nonce));
    } else if (payload[0] === 1 && payload[1] === 4) {
      channel.send(isPrivate ? Buffer.from(`${dsn.password}\0`) : Buffer.from([2]));
    } else if (payload[0] === 1 && payload.length > 2) {
      channel.send(encryptPassword(dsn.password, nonce, payload.subarray(1).toString()));
    } else if (payload[0] !== 1) throw malformed();
  }
}

/** A statement that returns no rows. */
async function run(channel: PacketChannel, sql: string): Promise<void> {
  channel.restart(0);
  channel.send(Buffer.concat([Buffer.from([command.query]), Buffer.from(sql)]));
  await next(channel);
}

function answerTo(plugin: string, dsn: ParsedDsn, nonce: Buffer): Buffer {
  if (knowsPlugin(plugin)) return passwordAnswer(plugin, dsn.password, nonce);
  if (plugin === 'mysql_clear_password' && dsn.tls !== null) return Buffer.from(`${dsn.password}\0`);
  if (plugin === 'auth_socket' || plugin === 'unix_socket') return Buffer.alloc(0);
  throw new MillraceError(
    'DATABASE_REFUSED',
    `the database wants the authentication plugin ${plugin} for the account`,
    {
      hint: 'create the account with caching_sha2_password or mysql_native_password',
    },
  );
}

/** @throws what the server says if it refuses */
async function next(channel: PacketChannel): Promise<Buffer> {
  const payload = await channel.receive();
  if (payload === null) throw closed();
  if (payload[0] === 0xff) throw refusal(payload);
  return payload;
}

/** As mysql2 reports it. Before the login, an error has no SQLSTATE. */
function refusal(payload: Buffer): Error {
  const reader = readPayload(payload.subarray(1));
  const errno = reader.uint16();
  const rest = reader.rest().toString();
  const [, sqlState, text = rest] = /^#(.{5})(.*)$/s.exec(rest) ?? [];
  return Object.assign(new Error(text), { errno, sqlMessage: text, sqlState });
}

const closed = () => Object.assign(new Error('the connection was closed'), { code: 'PROTOCOL_CONNECTION_LOST' });
const timedOut = () => Object.assign(new Error('it takes too long to connect'), { code: 'ETIMEDOUT' });

function attributes(capabilities: number, user: string): Buffer {
  if ((capabilities & capability.connectAttributes) === 0) return Buffer.alloc(0);
  const pairs = Buffer.concat(['program_name', 'millrace', '_millrace_user', user].map(lengthEncodedText));
  return Buffer.concat([lengthEncoded(pairs.length), pairs]);
}
