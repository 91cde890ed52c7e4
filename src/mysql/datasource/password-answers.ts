import { constants, createHash, publicEncrypt } from 'node:crypto';
import { nonceLength } from '../protocol/login-packets.ts';

const sha = (algorithm: 'sha1' | 'sha256', ...parts: readonly Uint8Array[]) =>
  createHash(algorithm).update(Buffer.concat(parts)).digest();

const xor = (one: Buffer, other: Buffer) => one.map((byte, index) => byte ^ other[index % other.length]!) as Buffer;

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html */
function nativeAnswer(password: string, nonce: Buffer): Buffer {
  const once = sha('sha1', Buffer.from(password));
  return xor(once, sha('sha1', nonce, sha('sha1', once)));
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html */
function cachingAnswer(password: string, nonce: Buffer): Buffer {
  const once = sha('sha256', Buffer.from(password));
  return xor(once, sha('sha256', sha('sha256', once), nonce));
}

const answers: Readonly<Record<string, (password: string, nonce: Buffer) => Buffer>> = {
  mysql_native_password: nativeAnswer,
  caching_sha2_password: cachingAnswer,
};

export const knowsPlugin = (plugin: string): boolean => Object.hasOwn(answers, plugin);

/** What a client answers to the nonce of a server. */
export function passwordAnswer(plugin: string, password: string, nonce: Buffer): Buffer {
  return password === '' ? Buffer.alloc(0) : answers[plugin]!(password, nonce);
}

/** @param publicKey the server's, as PEM */
export function encryptPassword(password: string, nonce: Buffer, publicKey: string): Buffer {
  const mixed = xor(Buffer.from(`${password}\0`), nonce.subarray(0, nonceLength));
  return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, mixed);
}
