import pRetry from 'p-retry';
import { MillraceError, mayPass } from '../../errors.ts';
import { errorOfProblem, type Problem } from './problem-error.ts';

/** Requests to one server, with the user's token. */
export interface ServerApi {
  /** The answer's object. What can be repeated is tried again for a few seconds where the server is gone. */
  json<T>(request: ServerRequest): Promise<T>;
  /** The answer as it comes; not tried again. */
  stream(request: ServerRequest): Promise<AsyncIterable<Uint8Array>>;
}

export interface ServerRequest {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  /** Names and values; those undefined are left out. */
  readonly query?: readonly (readonly [string, string | number | boolean | undefined])[];
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The program that the request carries: what the server's errors point into. */
  readonly sql?: string;
  /** A second time would do it twice. */
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

const answerMs = 90_000;

/**
 * @param url MILLRACE_URL
 * @param token MILLRACE_TOKEN; null: the server asks for none
 * @throws {MillraceError} SERVER_INVALID for what is no URL
 */
export function openServerApi(url: string, token: string | null): ServerApi {
  const base = readUrl(url);

  async function send({ method = 'GET', path, query = [], body, headers, sql, signal }: ServerRequest) {
    const target = new URL(`${base.href.replace(/(?<!\/)\/+$/, '')}${path}`);
    for (const [name, value] of query) if (value !== undefined) target.searchParams.append(name, String(value));
    const response = await fetch(target, {
      method,
      headers: {
        ...headers,
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      // A followed redirect would make a GET of a POST.
      redirect: 'manual',
      signal: signal ?? null,
    }).catch((cause) => {
      throw signal?.aborted ? cause : unreachable(base, cause);
    });
    if (!response.ok) throw await refusal(response, base, sql ?? null);
    return response;
  }

  const once = async (request: ServerRequest) => {
    const signals = [AbortSignal.timeout(answerMs), ...(request.signal ? [request.signal] : [])];
    try {
      const response = await send({ ...request, signal: AbortSignal.any(signals) });
      return await response.json();
    } catch (error) {
      request.signal?.throwIfAborted();
      throw error instanceof MillraceError
        ? error
        : error instanceof SyntaxError
          ? noServer(base)
          : unreachable(base, error);
    }
  };

  return {
    json: (request) =>
      request.once
        ? once(request)
        : pRetry(() => once(request), {
            retries: 4,
            minTimeout: 100,
            maxTimeout: 2000,
            randomize: true,
            signal: request.signal,
            shouldRetry: ({ error }) => mayPass(error),
          }),
    async stream(request) {
      const { body } = await send(request);
      if (body === null) throw noServer(base);
      return broken(body, base, request.signal);
    },
  };
}

async function* broken(
  body: AsyncIterable<Uint8Array>,
  base: URL,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw signal?.aborted ? cause : unreachable(base, cause);
  }
}

function readUrl(written: string): URL {
  const url = URL.parse(written);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new MillraceError('SERVER_INVALID', 'MILLRACE_URL is not the URL of a server', {
    hint: 'write http://host:port or https://host; a token belongs in MILLRACE_TOKEN',
  });
}

/** An answer that is no success: the server's own problem, or what something before it says. */
async function refusal(response: Response, base: URL, sql: string | null): Promise<MillraceError> {
  const problem = await readProblem(response);
  if (response.status === 401) return refused(problem);
  if (problem !== null) return errorOfProblem(problem, sql);
  if (response.status === 429 || response.status >= 500) return failing(base, response.status);
  const location = response.headers.get('location');
  if (response.status < 400 && location !== null) return elsewhere(base, location);
  return noServer(base);
}

async function readProblem(response: Response): Promise<Problem | null> {
  const text = await response.text().catch(() => '');
  if (!/^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '')) return null;
  try {
    const problem = JSON.parse(text);
    return typeof problem?.code === 'string' ? problem : null;
  } catch {
    return null;
  }
}

function refused(problem: Problem | null): MillraceError {
  const message = typeof problem?.detail === 'string' ? problem.detail : 'the server does not accept the token';
  return new MillraceError('SERVER_REFUSED', message);
}

/** Node's fetch says what happened in the error's cause; for a name with several addresses only in its code. */
function unreachable(base: URL, error: unknown): MillraceError {
  const { name, cause, message } = Object(error) as { name?: string; cause?: NodeJS.ErrnoException; message?: string };
  const how = name === 'TimeoutError' ? 'no answer in time' : cause?.message || cause?.code || message;
  return new MillraceError('SERVER_UNREACHABLE', `the server at ${base.origin} does not answer: ${how}`, {
    cause: error,
  });
}

function failing(base: URL, status: number): MillraceError {
  return new MillraceError('SERVER_UNREACHABLE', `the server at ${base.origin} is failing: HTTP ${status}`, {
    hint: 'try again; its log, or that of the proxy before it, says more',
  });
}

function elsewhere(base: URL, location: string): MillraceError {
  const target = URL.parse(location, base.href);
  return new MillraceError(
    'SERVER_INVALID',
    `the server at ${base.origin} sends on to ${target?.origin ?? 'elsewhere'}`,
    {
      hint: 'set MILLRACE_URL to the address that the server itself answers at',
    },
  );
}

function noServer(base: URL): MillraceError {
  return new MillraceError('SERVER_INVALID', `what answers at ${base.origin} is no Millrace server`, {
    hint: 'correct MILLRACE_URL; its /healthz answers {"status":"ok"}',
  });
}
