import { constants, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto';
import { nonceLength, passwordPlugin, switchPayload } from '../protocol/login-packets.ts';
import type { PacketChannel } from '../protocol/packet-channel.ts';

/** The key pair with which a client encrypts its password if the connection has no TLS. */
export interface PasswordKeys {
  readonly privateKey: KeyObject;
  /** PEM */
  readonly publicKey: string;
}

/** Bytes of caching_sha2_password: https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html */
const moreData = 0x01;
const fastSuccess = 0x03;
const fullAuthentication = 0x04;
const requestPublicKey = 0x02;

interface Exchange {
  /** The client's first answer, and the plugin that made it. */
  readonly answer: Buffer;
  readonly plugin: string;
  readonly nonce: Buffer;
  readonly isEncrypted: boolean;
  /** Whether the client takes the server for one of before 5.5.16, whose packets of an exchange have no first byte. */
  readonly isRaw: boolean;
  readonly keys: PasswordKeys;
}

/** Of characters of ASCII, because clients read it as text, and without NUL, which would end it. As the server's generate_user_salt does. */
export function newNonce(): Buffer {
  return randomBytes(nonceLength).map((byte) => byte & 0x7f || 1) as Buffer;
}

/**
 * Asks a client for its password itself. The quick way of caching_sha2_password, which compares scrambled hashes, would let a stolen hash
 * log in: the client's first answer is therefore not used.
 * @returns null: the client has left, or what it sent cannot be decrypted
 */
export async function receivePassword(channel: PacketChannel, exchange: Exchange): Promise<string | null> {
  const { answer, nonce } = await withOurPlugin(channel, exchange);
  if (answer === null) return null;
  if (isEmpty(answer)) return '';
  channel.send(exchanged(exchange, Buffer.from([fullAuthentication])));
  const sent = await channel.receive();
  if (sent === null) return null;
  if (exchange.isEncrypted) return untilNul(sent);
  return decrypt(await encryptedPassword(channel, sent, exchange), nonce, exchange.keys);
}

/** Accepts a client without looking at its password, for servers without users. */
export async function acceptAnyPassword(channel: PacketChannel, exchange: Exchange): Promise<void> {
  const { answer } = await withOurPlugin(channel, exchange);
  if (answer !== null && !isEmpty(answer)) channel.send(exchanged(exchange, Buffer.from([fastSuccess])));
}

/** A client that starts with another plugin, such as mysql_native_password, is asked to use ours. */
async function withOurPlugin(
  channel: PacketChannel,
  { answer, plugin, nonce }: Exchange,
): Promise<{ readonly answer: Buffer | null; readonly nonce: Buffer }> {
  if (plugin === passwordPlugin) return { answer, nonce };
  const other = newNonce();
  channel.send(switchPayload(passwordPlugin, other));
  return { answer: await channel.receive(), nonce: other };
}

const exchanged = ({ isRaw }: Exchange, data: Buffer) =>
  isRaw ? data : Buffer.concat([Buffer.from([moreData]), data]);

/** Without a password, clients send nothing or a NUL, and expect no exchange. */
const isEmpty = (answer: Buffer) => answer.length === 0 || (answer.length === 1 && answer[0] === 0);

/** A client that does not know the public key asks for it first. */
async function encryptedPassword(channel: PacketChannel, sent: Buffer, exchange: Exchange): Promise<Buffer | null> {
  if (sent.length !== 1 || sent[0] !== requestPublicKey) return sent;
  channel.send(exchanged(exchange, Buffer.from(exchange.keys.publicKey)));
  return channel.receive();
}

function decrypt(encrypted: Buffer | null, nonce: Buffer, { privateKey }: PasswordKeys): string | null {
  if (encrypted === null) return null;
  try {
    const mixed = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, encrypted);
    return untilNul(mixed.map((byte, index) => byte ^ nonce[index % nonceLength]!) as Buffer);
  } catch {
    return null;
  }
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return (end === -1 ? bytes : bytes.subarray(0, end)).toString();
}
