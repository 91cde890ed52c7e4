import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll } from 'vitest';
import { withFileLock } from '../../src/datasource/file-lock.ts';
import { freePort } from '../../src/datasource/free-port.ts';

/** A real S3 server: the Versity S3 Gateway over a folder. It checks signatures and rights as S3 does. */
const module = 'github.com/versity/versitygw/cmd/versitygw';
const version = 'v1.8.0';
const cache = fileURLToPath(new URL('../../node_modules/.cache/millrace-tests', import.meta.url));

/** Installs it with Go, once for this checkout. @returns null if that is not possible */
async function installed(): Promise<string | null> {
  const program = join(cache, `versitygw-${version}`);
  await mkdir(cache, { recursive: true });
  return withFileLock(join(cache, 'versitygw.lock'), async () => {
    if (existsSync(program)) return program;
    const folder = await mkdtemp(join(cache, 'go-'));
    try {
      const environment = { ...process.env, GOBIN: folder, GOTOOLCHAIN: 'local' };
      await promisify(execFile)('go', ['install', `${module}@${version}`], { env: environment });
      await rename(join(folder, 'versitygw'), program);
      return program;
    } catch {
      return null;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

export const s3Program = await installed();

export interface S3Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  createBucket(bucket: string): Promise<void>;
  put(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
  /** What a worker needs to read the buckets. */
  environment(buckets: string, endpoint?: string): Record<string, string>;
}

/** Starts a server of its own for a test file, on loopback. */
export function useS3(): S3Server {
  const server = {
    accessKeyId: `key${randomBytes(8).toString('hex')}`,
    secretAccessKey: `secret${randomBytes(16).toString('hex')}`,
  } as { -readonly [Key in keyof S3Server]: S3Server[Key] };
  let stop = async () => {};
  const send = async (method: string, path: string, body?: Uint8Array<ArrayBuffer>) => {
    const { accessKeyId, secretAccessKey } = server;
    const url = `${server.endpoint}/${path}`;
    const signer = new AwsV4Signer({ method, url, accessKeyId, secretAccessKey, service: 's3', region: 'us-east-1' });
    const { headers } = await signer.sign();
    const response = await fetch(url, { method, headers, ...(body && { body }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  const pathOf = (bucket: string, key: string) =>
    [bucket, ...key.split('/')].map((part) => encodeURIComponent(part).replace(/[!'()*]/g, hex)).join('/');
  server.createBucket = (bucket) => send('PUT', bucket);
  server.put = (bucket, key, bytes) => send('PUT', pathOf(bucket, key), new Uint8Array(bytes));
  server.remove = (bucket, key) => send('DELETE', pathOf(bucket, key));
  server.environment = (buckets, endpoint = server.endpoint) => ({
    MILLRACE_BUCKETS: buckets,
    MILLRACE_S3_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  });
  beforeAll(async () => {
    if (s3Program === null) return;
    const started = await start(s3Program, server);
    server.endpoint = started.endpoint;
    stop = started.stop;
  });
  afterAll(() => stop());
  return server;
}

const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

async function start(
  program: string,
  { accessKeyId, secretAccessKey }: Pick<S3Server, 'accessKeyId' | 'secretAccessKey'>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-s3-'));
  const [data, metadata] = [join(folder, 'data'), join(folder, 'metadata')];
  await Promise.all([mkdir(data), mkdir(metadata)]);
  const address = `127.0.0.1:${await freePort('127.0.0.1')}`;
  const endpoint = `http://${address}`;
  const child = spawn(program, ['--port', address, '--quiet', '--keep-alive', 'posix', '--sidecar', metadata, data], {
    env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for (let waited = 0; ; waited += 50) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      break;
    if (waited > 30_000 || child.exitCode !== null) throw new Error('the S3 server does not start');
    await setTimeout(50);
  }
  return {
    endpoint,
    stop: async () => {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
