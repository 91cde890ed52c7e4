import { generateKeyPair, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { MillraceError } from '../../errors.ts';
import { replacePrivate } from '../../private-file.ts';
import { makePrivate } from '../../private-folder.ts';
import type { PasswordKeys } from './receive-password.ts';
import { type Certificate, makeSelfSigned } from './self-signed.ts';

/** What a server proves itself with, and receives passwords with. */
export interface Keys {
  readonly tls: SecureContext;
  readonly password: PasswordKeys;
}

/** Files of `MILLRACE_MYSQL_TLS_CERT` and `MILLRACE_MYSQL_TLS_KEY`; null: not given. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** @throws {MillraceError} SERVER_CONFIG_INVALID */
export async function openKeys(files: CertificateFiles | null, stateFolder: string): Promise<Keys> {
  const certificate = files === null ? await ownCertificate(stateFolder) : await readCertificate(files);
  return { tls: secureContext(certificate, files), password: await makePasswordKeys() };
}

function secureContext({ key, certificate }: Certificate, files: CertificateFiles | null): SecureContext {
  try {
    return createSecureContext({ key, cert: certificate, minVersion: 'TLSv1.2' });
  } catch (cause) {
    const message = `${files?.certificate} and ${files?.key} are not a certificate and its key`;
    throw new MillraceError('SERVER_CONFIG_INVALID', message, { hint: 'give both as PEM, of the same key', cause });
  }
}

async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const [certificate, key] = await Promise.all([files.certificate, files.key].map(readPem));
  return { certificate: certificate!, key: key! };
}

async function readPem(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new MillraceError('SERVER_CONFIG_INVALID', `${file} cannot be read (${error.code})`, {
      hint: 'correct MILLRACE_MYSQL_TLS_CERT and MILLRACE_MYSQL_TLS_KEY, or the permissions of the files',
    });
  });
}

/** Kept, so that clients that trust it after its first use find the same one again. */
async function ownCertificate(stateFolder: string): Promise<Certificate> {
  const file = join(stateFolder, 'mysql-certificate.pem');
  const known = await readFile(file, 'utf8').catch(() => null);
  if (known !== null && isUsable(known)) return { key: known, certificate: known };
  const made = makeSelfSigned(new Date());
  await makePrivate(stateFolder);
  await replacePrivate(file, made.certificate + made.key);
  return made;
}

function isUsable(pem: string): boolean {
  try {
    return pem.includes('PRIVATE KEY') && Date.parse(new X509Certificate(pem).validTo) > Date.now();
  } catch {
    return false;
  }
}

/** New at each start: clients ask for it at each login. */
async function makePasswordKeys(): Promise<PasswordKeys> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string };
}
