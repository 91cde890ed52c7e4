import { needToken, token } from './token.ts';

/** An error as the server sends it: https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly statement?: string;
  readonly position?: { readonly line: number; readonly column: number };
  readonly excerpt?: string;
  readonly related?: readonly Pick<Problem, 'code' | 'detail' | 'hint' | 'position'>[];
}

/** The server refused a request. */
export class RequestError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'RequestError';
    this.problem = problem;
  }
}

export interface Options {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Whether the browser keeps the answer as the server allows. Default: it keeps none. */
  readonly mayCache?: boolean;
}

/**
 * Sends a request with the tab's token, and asks for one when the server wants it. The only place that calls fetch.
 *
 * @throws {RequestError} for every answer that is an error, and if there is none
 */
export async function send(
  path: string,
  { method = 'GET', query = {}, body, signal, mayCache = false }: Options = {},
): Promise<Response> {
  for (;;) {
    const sent = token();
    const answer = await request(path + queryString(query), {
      method,
      cache: mayCache ? 'default' : 'no-store',
      ...(signal && { signal }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: {
        ...(sent !== null && { authorization: `Bearer ${sent}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
    });
    if (answer.ok) return answer;
    const problem = await problemOf(answer);
    if (problem.status !== 401) throw new RequestError(problem);
    if (sent === token())
      await needToken(sent === null ? 'This server asks for a token.' : 'The server does not know this token.');
  }
}

/** Milliseconds before a request that only reads is sent again: a network that changes breaks connections for a moment. */
const pauses = [300, 1000];

async function request(address: string, options: RequestInit): Promise<Response> {
  for (const pause of options.method === 'GET' ? pauses : []) {
    const answer = await fetch(address, options).catch(nullUnlessAborted);
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return fetch(address, options).catch(throwUnreachable);
}

function nullUnlessAborted(error: unknown): null {
  if (isAbort(error)) throw error;
  return null;
}

const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';

/** The answer's JSON. */
export async function read<Answer>(path: string, options?: Options): Promise<Answer> {
  return (await send(path, options)).json() as Promise<Answer>;
}

function queryString(query: NonNullable<Options['query']>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => [name, String(each)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

function throwUnreachable(error: unknown): never {
  if (isAbort(error)) throw error;
  throw new RequestError({
    status: 0,
    code: 'UNREACHABLE',
    detail: 'the server cannot be reached',
    hint: 'check that the server runs, then try again',
  });
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return (await answer.json()) as Problem;
  } catch {
    const detail = `the server answered with status ${answer.status}`;
    return { status: answer.status, code: 'NO_PROBLEM', detail, hint: 'try again' };
  }
}
