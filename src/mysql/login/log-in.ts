import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { capability } from '../protocol/capabilities.ts';
import {
  asksForTls,
  greetingPayload,
  type Login,
  passwordPlugin,
  readLogin,
  type ServerFacts,
} from '../protocol/login-packets.ts';
import { openPacketChannel, type PacketChannel } from '../protocol/packet-channel.ts';
import type { Keys } from './keys.ts';
import { newNonce } from './receive-password.ts';

/** A client that has said who it is, but has not proved it yet. */
export interface Caller {
  readonly stream: Socket;
  readonly channel: PacketChannel;
  readonly login: Login;
  readonly nonce: Buffer;
  readonly isEncrypted: boolean;
  /** The client's IP address. */
  readonly address: string;
  /** The server's version, as the client was told. */
  readonly version: string;
}

const longestLogin = 2 ** 16;

export function openClientChannel(stream: Socket): PacketChannel {
  return openPacketChannel(stream, longestLogin);
}

/**
 * Greets a client and reads its answer, over TLS if it asks for it.
 * @param facts of the database, with the capabilities that are offered
 * @returns null: the client has left
 */
export async function greet(
  socket: Socket,
  channel: PacketChannel,
  facts: ServerFacts,
  connectionId: number,
  { tls }: Keys,
): Promise<Caller | null> {
  const nonce = newNonce();
  const told = { nonce, address: socket.remoteAddress ?? '', version: facts.version };
  const capabilities = (facts.capabilities | capability.tls) >>> 0;
  channel.send(greetingPayload({ ...facts, capabilities, connectionId, nonce, plugin: passwordPlugin }));
  const first = await channel.receive();
  if (first === null) return null;
  if (!asksForTls(first))
    return { stream: socket, channel, login: readLogin(first, capabilities), isEncrypted: false, ...told };
  const rest = channel.release();
  if (rest.length > 0) socket.unshift(rest);
  const stream = new TLSSocket(socket, { isServer: true, secureContext: tls });
  stream.on('error', () => {});
  const encrypted = openClientChannel(stream);
  encrypted.restart(2);
  const second = await encrypted.receive();
  if (second === null) return null;
  return { stream, channel: encrypted, login: readLogin(second, capabilities), isEncrypted: true, ...told };
}
