import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import pRetry from 'p-retry';
import { MillraceError, mayPass } from '../../../errors.ts';
import { type ApiStatus, refusal, unreachable } from './kubernetes-error.ts';

/** Requests to one cluster's API server, with the account and the certificates of its kubeconfig. */
export interface KubernetesApi {
  /** The response as a stream; not retried. @throws {KubernetesError} for every status except 2xx */
  stream(request: KubernetesRequest): Promise<IncomingMessage>;
  /** The object in the response; temporary errors are retried for a few seconds. @throws {KubernetesError} */
  json<T>(request: KubernetesRequest): Promise<T>;
}

export interface KubernetesRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  /** `/api/v1/namespaces/NAME/pods` */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** For POST an object, for PATCH a JSON merge patch (RFC 7386). */
  readonly body?: unknown;
  /** Another representation of the response, for example only metadata. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

const answerMs = 30_000;

/**
 * Connects to the cluster of `KUBECONFIG`, of `~/.kube/config`, or the one in which this process is a pod.
 * @throws {MillraceError} KUBERNETES_MISSING
 */
export async function connectKubernetes(): Promise<KubernetesApi> {
  // Loading takes most of a second, so only processes that need a cluster do it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (cause) {
    throw missing(`the kubeconfig cannot be read: ${firstLine(cause)}`, cause);
  }
  // client-node assumes this address if nothing is configured.
  if (config.getCurrentCluster()?.server === 'http://localhost:8080') throw missing('no Kubernetes cluster is named');
  return openKubernetesApi(config);
}

/** @throws {MillraceError} KUBERNETES_MISSING if the kubeconfig's context names no cluster */
export function openKubernetesApi(config: KubeConfig): KubernetesApi {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw missing(`the kubeconfig's context '${config.getCurrentContext()}' names no cluster`);

  async function stream(request: KubernetesRequest): Promise<IncomingMessage> {
    const answer = await send(server!, config, request);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw refusal(status, statusOf(await text(answer)), request);
  }

  const once = async (request: KubernetesRequest) => {
    const signal = AbortSignal.any([AbortSignal.timeout(answerMs), ...(request.signal ? [request.signal] : [])]);
    try {
      return JSON.parse(await text(await stream({ ...request, signal })));
    } catch (error) {
      request.signal?.throwIfAborted();
      throw error instanceof MillraceError ? error : unreachable(error, server);
    }
  };

  return {
    stream,
    json: (request) =>
      pRetry(() => once(request), {
        retries: 4,
        minTimeout: 200,
        maxTimeout: 2000,
        randomize: true,
        signal: request.signal,
        shouldRetry: ({ error }) => mayPass(error),
      }),
  };
}

async function send(server: string, config: KubeConfig, request: KubernetesRequest): Promise<IncomingMessage> {
  const url = new URL(`${server.replace(/(?<!\/)\/+$/, '')}${request.path}?${new URLSearchParams(request.query)}`);
  const options = await requestOptions(config, request);
  const { request: open } = url.protocol === 'http:' ? http : https;
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(request.signal?.aborted ? error : unreachable(error, server));
    open(url, options, resolve).on('error', fail).end(body);
  });
}

async function requestOptions(config: KubeConfig, request: KubernetesRequest): Promise<RequestOptions> {
  const { method = 'GET', accept = 'application/json', signal } = request;
  const options: RequestOptions = { method, headers: { accept, 'user-agent': 'millrace' }, signal };
  if (request.body !== undefined) {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    Object.assign(options.headers!, { 'content-type': type });
  }
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw missing(`the kubeconfig's user or cluster cannot be used: ${firstLine(cause)}`, cause);
  }
  return options;
}

function statusOf(body: string): ApiStatus {
  try {
    return JSON.parse(body);
  } catch {
    return { message: body.slice(0, 200).trim() };
  }
}

/** The other lines may quote the file, and with it a token. */
function firstLine(cause: unknown): string {
  return (cause as Error).message.split('\n')[0] ?? '';
}

function missing(message: string, cause?: unknown): MillraceError {
  const hint = 'name a kubeconfig file in KUBECONFIG, and choose its context with kubectl config use-context';
  return new MillraceError('KUBERNETES_MISSING', message, { hint, cause });
}
