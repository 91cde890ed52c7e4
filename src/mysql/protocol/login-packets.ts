import { capability, has, needed } from './capabilities.ts';
import { uint, withNul } from './packets.ts';
import { malformed, type PayloadReader, readPayload } from './read-payload.ts';

export const passwordPlugin = 'caching_sha2_password';
export const nonceLength = 20;

/** What a database server says of itself to a new connection. */
export interface ServerFacts {
  readonly version: string;
  readonly capabilities: number;
  readonly collation: number;
  readonly status: number;
}

export interface Greeting extends ServerFacts {
  readonly connectionId: number;
  readonly nonce: Buffer;
  readonly plugin: string;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html */
export function greetingPayload({
  version,
  capabilities,
  collation,
  status,
  connectionId,
  nonce,
  plugin,
}: Greeting): Buffer {
  return Buffer.concat([
    uint(10, 1),
    withNul(version),
    uint(connectionId, 4),
    nonce.subarray(0, 8),
    uint(0, 1),
    uint(capabilities & 0xffff, 2),
    uint(collation & 0xff, 1),
    uint(status, 2),
    uint(capabilities >>> 16, 2),
    uint(nonceLength + 1, 1),
    Buffer.alloc(10),
    nonce.subarray(8),
    uint(0, 1),
    withNul(plugin),
  ]);
}

export function readGreeting(payload: Buffer): Greeting {
  const reader = readPayload(payload);
  if (reader.uint8() !== 10) throw malformed();
  const version = reader.untilNul().toString('latin1');
  const connectionId = reader.uint32();
  const first = reader.bytes(8);
  reader.bytes(1);
  const low = reader.uint16();
  const collation = reader.uint8();
  const status = reader.uint16();
  const capabilities = (low | (reader.uint16() << 16)) >>> 0;
  const length = Math.max(nonceLength + 1, reader.uint8());
  reader.bytes(10);
  const nonce = Buffer.concat([first, reader.bytes(length - 8)]).subarray(0, nonceLength);
  const plugin = has(capabilities, capability.pluginAuth)
    ? untilNulOrEnd(reader).toString('latin1')
    : 'mysql_native_password';
  return { version, capabilities, collation, status, connectionId, nonce, plugin };
}

/** Some servers do not write the NUL of the last field. */
function untilNulOrEnd(reader: PayloadReader): Buffer {
  const rest = reader.rest();
  const end = rest.indexOf(0);
  return end === -1 ? rest : rest.subarray(0, end);
}

/** What a client says to log in. */
export interface Login {
  readonly capabilities: number;
  readonly collation: number;
  readonly user: string;
  readonly answer: Buffer;
  /** null: none. */
  readonly database: string | null;
  /** Name of the authentication plugin that made the answer. */
  readonly plugin: string;
  /** Its name, if it tells it; else empty. */
  readonly client: string;
}

/** Whether it is the first part of a login over TLS: the flags, and nothing else. */
export function asksForTls(payload: Buffer): boolean {
  return payload.length === 32 && has(payload.readUInt32LE(0), capability.tls);
}

/**
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html
 * @param offered capabilities of the greeting: the others do not count, whatever a client sets
 */
export function readLogin(payload: Buffer, offered: number): Login {
  const reader = readPayload(payload);
  const capabilities = (reader.uint32() & offered) >>> 0;
  if ((capabilities & needed) !== needed) throw malformed();
  reader.bytes(4);
  const collation = reader.uint8();
  reader.bytes(23);
  const user = reader.untilNul().toString();
  const isLong = has(capabilities, capability.longAuthResponse);
  const answer = reader.bytes(isLong ? reader.lengthEncoded() : reader.uint8());
  const withDatabase = has(capabilities, capability.connectWithDatabase);
  const database = withDatabase && reader.left() > 0 ? untilNulOrRest(reader, payload) : '';
  const plugin = reader.left() > 0 ? untilNulOrRest(reader, payload) : '';
  const client = has(capabilities, capability.connectAttributes) && reader.left() > 0 ? clientName(reader) : '';
  return { capabilities, collation, user, answer, database: database || null, plugin, client };
}

/** Of the connection attributes: pairs of a name and a value. */
function clientName(reader: PayloadReader): string {
  const attributes = readPayload(reader.bytes(reader.lengthEncoded()));
  const next = () => attributes.bytes(attributes.lengthEncoded()).toString();
  while (attributes.left() > 0) {
    const [name, value] = [next(), next()];
    if (name === '_client_name') return value;
  }
  return '';
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html; the flags are those of the login. */
export function readChangeUser(payload: Buffer, before: Login): Login {
  const reader = readPayload(payload);
  reader.bytes(1);
  const user = reader.untilNul().toString();
  const answer = reader.bytes(reader.uint8());
  const database = reader.untilNul().toString();
  const collation = reader.left() >= 2 ? reader.uint16() & 0xff : before.collation;
  const plugin = reader.left() > 0 ? reader.untilNul().toString() : '';
  return { ...before, collation, user, answer, database: database || null, plugin };
}

function untilNulOrRest(reader: PayloadReader, payload: Buffer): string {
  const from = payload.length - reader.left();
  return (payload.indexOf(0, from) === -1 ? reader.rest() : reader.untilNul()).toString();
}

/** The first part of a login over TLS. */
export function tlsRequest({ capabilities, collation }: Pick<Login, 'capabilities' | 'collation'>): Buffer {
  return Buffer.concat([
    uint((capabilities | capability.tls) >>> 0, 4),
    uint(0x4000_0000, 4),
    uint(collation, 1),
    Buffer.alloc(23),
  ]);
}

/** @param attributes shown in `performance_schema.session_connect_attrs` */
export function loginPayload(login: Omit<Login, 'client'>, attributes: Buffer): Buffer {
  return Buffer.concat([
    uint(login.capabilities >>> 0, 4),
    uint(0x4000_0000, 4),
    uint(login.collation, 1),
    Buffer.alloc(23),
    withNul(login.user),
    uint(login.answer.length, 1),
    login.answer,
    ...(login.database === null ? [] : [withNul(login.database)]),
    withNul(login.plugin),
    attributes,
  ]);
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html */
export function switchPayload(plugin: string, nonce: Buffer): Buffer {
  return Buffer.concat([uint(0xfe, 1), withNul(plugin), nonce, uint(0, 1)]);
}

export function readSwitch(payload: Buffer): { readonly plugin: string; readonly nonce: Buffer } {
  const reader = readPayload(payload);
  reader.bytes(1);
  const plugin = reader.untilNul().toString('latin1');
  return { plugin, nonce: reader.rest().subarray(0, nonceLength) };
}
