import { MillraceError } from '../../errors.ts';

/** The store that has the buckets. The administrator decides, never a statement. */
export interface StoreSettings {
  readonly endpoint: URL;
  readonly region: string;
  /** Whether the bucket is the first part of a URL's path. If not, it is the first part of its host. */
  readonly pathStyle: boolean;
  /** null: requests are not signed, so only public objects can be read. */
  readonly credentials: Credentials | null;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 *   MILLRACE_S3_ENDPOINT      URL of the store; default: Amazon S3 in the region
 *   MILLRACE_S3_REGION        default: us-east-1
 *   MILLRACE_S3_PATH_STYLE    `true` or `false`; default: `true` if an endpoint is set
 *   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN   credentials; default: none
 *
 * @throws {MillraceError} BUCKETS_INVALID, without the value of a secret
 */
export function readStoreSettings(environment: NodeJS.ProcessEnv): StoreSettings {
  const region = environment.MILLRACE_S3_REGION || 'us-east-1';
  if (!/^[a-z0-9-]{1,64}$/.test(region)) throw invalid('MILLRACE_S3_REGION is not the name of a region');
  const written = environment.MILLRACE_S3_ENDPOINT || '';
  return {
    endpoint: readEndpoint(written || `https://s3.${region}.amazonaws.com`),
    region,
    pathStyle: readFlag(environment.MILLRACE_S3_PATH_STYLE || String(written !== '')),
    credentials: readCredentials(environment),
  };
}

function readEndpoint(written: string): URL {
  const url = URL.parse(written);
  const isPlain =
    url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '' && url.pathname === '/';
  if (isPlain && ['http:', 'https:'].includes(url.protocol)) return url;
  throw invalid('MILLRACE_S3_ENDPOINT is not a URL such as https://storage.example:9000, without path and password');
}

function readFlag(written: string): boolean {
  if (written === 'true' || written === 'false') return written === 'true';
  throw invalid('MILLRACE_S3_PATH_STYLE is neither true nor false');
}

function readCredentials(environment: NodeJS.ProcessEnv): Credentials | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  const sessionToken = environment.AWS_SESSION_TOKEN?.trim();
  if (!accessKeyId && !secretAccessKey) return null;
  if (!accessKeyId || !secretAccessKey) throw invalid('only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set');
  // A Secret that was made from a file often ends in a line break.
  const keys = { accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim() };
  return sessionToken ? { ...keys, sessionToken } : keys;
}

function invalid(message: string): MillraceError {
  return new MillraceError('BUCKETS_INVALID', message);
}
