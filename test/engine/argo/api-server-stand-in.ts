import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll } from 'vitest';
import { type KubernetesApi, openKubernetesApi } from '../../../src/engine/argo/kubernetes/kubernetes-api.ts';

/** A request that the stand-in received. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface StandInApiServer {
  readonly config: KubeConfig;
  readonly api: KubernetesApi;
  readonly seen: readonly SeenRequest[];
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/**
 * Stands in for a Kubernetes API server: plain HTTP on this machine. Its answers are written by hand, after the API's documentation;
 * test/cluster uses a real one.
 */
export async function standInForApiServer(answer: Answer): Promise<StandInApiServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (message, response) => {
    const url = new URL(message.url!, 'http://stand-in');
    const written = await text(message);
    const body = written === '' ? undefined : JSON.parse(written);
    const { method = '', headers } = message;
    const request = { method, path: url.pathname, query: url.searchParams, headers, body };
    seen.push(request);
    answer(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const config = kubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { config, api: openKubernetesApi(config), seen };
}

export function kubeconfig(server: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    // Without this, client-node rejects plain HTTP.
    clusters: [{ name: 'stand-in', server, skipTLSVerify: true }],
    users: [{ name: 'ada', token: 'a token' }],
    contexts: [{ name: 'test', cluster: 'stand-in', user: 'ada' }],
    currentContext: 'test',
  });
  return config;
}

export function json(response: ServerResponse, object: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object));
}

/** A rejection by the API server. */
export function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, { kind: 'Status', status: 'Failure', code, reason, message }, code);
}
