import type { ServerResponse } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesApi } from '../../../src/engine/argo/kubernetes/kubernetes-api.ts';
import type { ObservedWorkflow } from '../../../src/engine/argo/workflows/observed-workflow.ts';
import { type Answer, json, refuse, type SeenRequest, standInForApiServer } from './api-server-stand-in.ts';

export interface StandInPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly failed?: boolean;
  log: string;
  /** The followers of its log; undefined: it has ended. */
  readonly followers?: Set<ServerResponse>;
}

interface Watcher {
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

interface WatchEvent {
  readonly type: string;
  readonly object: ObservedWorkflow;
  readonly before: ObservedWorkflow | null;
}

/** Stands in for a cluster with Argo: stores workflows as they are sent. The test plays the controller. */
export interface StandInCluster {
  readonly config: KubeConfig;
  readonly api: KubernetesApi;
  readonly seen: readonly SeenRequest[];
  readonly workflows: Map<string, ObservedWorkflow>;
  readonly pods: StandInPod[];
  /** Answers that override the stand-in's own. */
  readonly refusals: Map<string, Answer>;
  /** Changes a workflow as the controller would. */
  change(name: string, changes: object): void;
  remove(name: string): void;
  /** Appends to a pod's log as its container would. */
  write(pod: StandInPod, text: string): void;
  /** Ends every watch, as a broken network would. */
  breakWatches(): void;
}

const nodes = [{ status: { allocatable: { cpu: '7900m', memory: '32Gi', 'nvidia.com/gpu': '4' } } }];

export async function standInForCluster(namespace = 'millrace'): Promise<StandInCluster> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/workflows`;
  const podPath = `/api/v1/namespaces/${namespace}/pods`;
  const workflows = new Map<string, ObservedWorkflow>();
  const pods: StandInPod[] = [];
  const refusals = new Map<string, Answer>();
  const watchers = new Set<Watcher>();
  const history: WatchEvent[] = [];

  function tell(type: string, workflow: ObservedWorkflow): ObservedWorkflow {
    const metadata = { ...workflow.metadata, resourceVersion: String(history.length + 1) };
    const object = { ...workflow, metadata };
    const event = { type, object, before: workflows.get(metadata.name) ?? null };
    history.push(event);
    for (const watcher of watchers) send(watcher, event);
    return object;
  }

  function put(workflow: ObservedWorkflow): ObservedWorkflow {
    const stored = tell('MODIFIED', workflow);
    workflows.set(stored.metadata.name, stored);
    return stored;
  }

  function create(response: ServerResponse, workflow: ObservedWorkflow): void {
    const { name } = workflow.metadata;
    const metadata = { ...workflow.metadata, creationTimestamp: new Date().toISOString() };
    if (workflows.has(name)) refuse(response, 409, 'AlreadyExists', `workflows "${name}" already exists`);
    else json(response, put({ ...workflow, metadata }), 201);
  }

  function list(response: ServerResponse, query: URLSearchParams): void {
    const items = [...workflows.values()].filter((workflow) => selects(query, workflow));
    const metadata = { resourceVersion: String(history.length) };
    if (query.get('includeObject') !== 'None') json(response, { metadata, items });
    else json(response, { metadata, rows: items.map(({ metadata: { name } }) => ({ cells: [name, 'Running'] })) });
  }

  function answerWorkflows(response: ServerResponse, { method, path: asked, query, body }: SeenRequest): void {
    const found = workflows.get(asked.slice(path.length + 1));
    if (method === 'POST') create(response, body as ObservedWorkflow);
    else if (query.get('watch') === 'true') watch(response, query);
    else if (asked === path) list(response, query);
    else if (found === undefined) refuse(response, 404, 'NotFound', 'workflows.argoproj.io "x" not found');
    else json(response, method === 'PATCH' ? put(merge(found, body as object)) : found);
  }

  function watch(response: ServerResponse, query: URLSearchParams): void {
    const watcher = { response, query };
    watchers.add(watcher);
    response.on('close', () => watchers.delete(watcher));
    response.writeHead(200).flushHeaders();
    for (const event of history.slice(Number(query.get('resourceVersion')))) send(watcher, event);
  }

  function answerPods(response: ServerResponse, { path: asked, query }: SeenRequest): void {
    const pod = pods.find(({ name }) => asked === `${podPath}/${name}/log`);
    if (pod === undefined) listPods(response, query);
    else answerLog(response, pod, query.get('follow') === 'true');
  }

  function listPods(response: ServerResponse, query: URLSearchParams): void {
    const wanted = (query.get('labelSelector') ?? '').split(',').map((pair) => pair.split('='));
    const phase = query.get('fieldSelector');
    const found = pods.filter(
      ({ labels, failed, followers }) =>
        wanted.every(([key, value]) => labels[key!] === value) &&
        (failed || phase !== 'status.phase=Failed') &&
        (followers !== undefined || phase !== 'status.phase=Running'),
    );
    const items = found.map(({ name, labels }) => ({ metadata: { name, labels, creationTimestamp: name } }));
    json(response, { items });
  }

  function answerLog(response: ServerResponse, pod: StandInPod, follow: boolean): void {
    if (!follow || pod.followers === undefined) return void response.end(pod.log);
    response.write(pod.log);
    pod.followers.add(response);
    response.on('close', () => pod.followers?.delete(response));
  }

  const { config, api, seen } = await standInForApiServer((response, request) => {
    const refusal = refusals.get(request.method);
    if (refusal !== undefined) return refusal(response, request);
    if (request.path === '/api/v1/nodes') return json(response, { items: nodes });
    if (request.path.startsWith(podPath)) answerPods(response, request);
    else answerWorkflows(response, request);
  });

  return {
    config,
    api,
    seen,
    workflows,
    pods,
    refusals,
    change: (name, changes) => void put(merge(workflows.get(name)!, changes)),
    write(pod, text) {
      pod.log += text;
      for (const follower of pod.followers ?? []) follower.write(text);
    },
    breakWatches() {
      for (const { response } of watchers) response.destroy();
    },
    remove(name) {
      const workflow = workflows.get(name)!;
      workflows.delete(name);
      tell('DELETED', workflow);
    },
  };
}

/** An object that no longer matches a watch's selectors is reported as deleted. */
function send({ response, query }: Watcher, { type, object, before }: WatchEvent): void {
  const fits = selects(query, object);
  if (!fits && (before === null || !selects(query, before))) return;
  response.write(`${JSON.stringify({ type: fits ? type : 'DELETED', object })}\n`);
}

function selects(query: URLSearchParams, { metadata }: ObservedWorkflow): boolean {
  const field = query.get('fieldSelector');
  if (field !== null) return field === `metadata.name=${metadata.name}`;
  return (query.get('labelSelector') ?? '').split(',').every((term) => {
    const [, key = '', operator, value] = /^([^!=]+)(!?=)?(.*)$/.exec(term) ?? [];
    const found = metadata.labels?.[key];
    if (operator === undefined) return found !== undefined;
    return operator === '=' ? found === value : found !== value;
  });
}

/** RFC 7386, except for the removal of members. */
function merge<T extends object>(target: T, changes: object): T {
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(target));
  for (const [key, value] of Object.entries(changes)) {
    const old = merged[key];
    const both = typeof old === 'object' && old !== null && typeof value === 'object' && value !== null;
    merged[key] = both ? merge(old, value) : value;
  }
  return merged as T;
}
