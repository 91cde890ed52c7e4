import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig, type V1Pod } from '@kubernetes/client-node';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { readManifest } from '../deploy/read-manifest.ts';
import { buildImage, removeImages } from './build-image.ts';
import { kubectl } from './kubectl.ts';

export const namespace = 'millrace';
/** Published in values-quick-start.yaml. */
const token = 'mlr_quick-start';

const root = join(import.meta.dirname, '../..');
const manifest = join(root, 'deploy/quick-start.yaml');
const standIns = 'test/cluster/images';
/** ../shared/cluster creates the namespace `millrace` with its objects, which are restored afterwards. */
const clusterManifests = join(root, '../shared/cluster/manifests');

/** The images, under the names in the manifest. */
const images = [
  { name: 'docker.io/millrace/server:0.1.0', dockerfile: 'docker/server.Dockerfile' },
  { name: 'docker.io/millrace/worker:0.1.0', dockerfile: 'docker/worker.Dockerfile', target: 'cpu' },
  { name: 'docker.io/millrace/dataset:0.1.0', dockerfile: 'docker/dataset.Dockerfile' },
  { name: 'docker.io/library/mysql:8.4.6', dockerfile: `${standIns}/mysql.Dockerfile`, context: standIns },
  { name: 'docker.io/prom/prometheus:v3.5.0', dockerfile: `${standIns}/prometheus.Dockerfile`, context: standIns },
];

/** The images of Grafana and Argo are not available here. No test needs dashboards, and the cluster's own controller replaces Argo. */
const withoutImage = ['grafana', 'argo-server', 'workflow-controller'];

/** The applied quick-start, used from outside of its pods. */
export interface QuickStart {
  readonly core: CoreV1Api;
  /** Addresses of the services. On ../shared/cluster, this machine is the node, which can reach the IPs of Services. */
  readonly addresses: Readonly<Record<'millrace-server' | 'mysql' | 'prometheus', string>>;
  /** Variables that a client of the server sets. */
  readonly environment: Readonly<Record<'MILLRACE_URL' | 'MILLRACE_TOKEN', string>>;
  /** Sends a request to the server, or to one of its replicas, with the quick-start's token. */
  ask(path: string, options?: Ask): Promise<Response>;
  /** The status of a response on a new connection: a kept connection could outlive its replica. */
  statusOf(path: string): Promise<number>;
  /** The server's ready pods. */
  replicas(): Promise<readonly V1Pod[]>;
  query(sql: string): Promise<readonly RowDataPacket[]>;
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly replica?: V1Pod;
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };

export function useQuickStart(): QuickStart {
  const quickStart = {} as Writable<QuickStart>;
  let pool: Pool | undefined;
  let installed = false;

  beforeAll(async () => {
    refuseUsedNamespace();
    installed = true;
    for (const { name, dockerfile, ...options } of images) await buildImage(name, dockerfile, options);
    install();
    const kubeconfig = new KubeConfig();
    kubeconfig.loadFromDefault();
    quickStart.core = kubeconfig.makeApiClient(CoreV1Api);
    quickStart.addresses = {
      'millrace-server': await addressOf(quickStart.core, 'millrace-server'),
      mysql: await addressOf(quickStart.core, 'mysql'),
      prometheus: await addressOf(quickStart.core, 'prometheus'),
    };
    quickStart.environment = {
      MILLRACE_URL: `http://${quickStart.addresses['millrace-server']}`,
      MILLRACE_TOKEN: token,
    };
    const { hostname: host, port } = new URL(`http://${quickStart.addresses.mysql}`);
    pool = openPool({ ...parseDsn(dsn()), host, port: Number(port) }, { connections: 1 });
  }, 1_200_000);

  afterAll(async () => {
    await pool?.end();
    if (!installed) return;
    kubectl(['delete', 'namespace', namespace]);
    if (existsSync(clusterManifests)) kubectl(['apply', '--server-side', '-f', clusterManifests]);
    await removeImages(images.map(({ name }) => name));
  });

  quickStart.ask = (path, { body, headers, replica } = {}) => {
    const address = replica === undefined ? quickStart.addresses['millrace-server'] : `${replica.status!.podIP}:8080`;
    return fetch(`http://${address}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      body: body === undefined ? null : JSON.stringify(body),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
  };
  quickStart.statusOf = (path) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      const url = `http://${quickStart.addresses['millrace-server']}${path}`;
      request(url, { agent: false, headers }, (answer) => resolve(answer.resume().statusCode!))
        .on('error', reject)
        .end();
    });
  quickStart.replicas = async () => {
    const labelSelector = 'app.kubernetes.io/part-of=millrace,app.kubernetes.io/component=server';
    const { items } = await quickStart.core.listNamespacedPod({ namespace, labelSelector });
    return items.filter(isReady);
  };
  quickStart.query = async (sql) => (await pool!.query<RowDataPacket[]>(sql))[0];
  return quickStart;
}

/** Rejects a used namespace, so that an existing installation is neither overwritten nor removed. */
function refuseUsedNamespace(): void {
  const { out } = kubectl(['get', 'all', '-n', namespace, '--output=name', '--ignore-not-found']);
  if (out !== '') throw new Error(`the namespace ${namespace} is in use: ${out}`);
}

function install(): void {
  const inNamespace = (...words: readonly string[]) => kubectl([...words, `--namespace=${namespace}`]);
  const { said } = kubectl(['apply', '--server-side', '-f', manifest]);
  if (said !== '') throw new Error(`kubectl apply warns: ${said}`);
  enforce('baseline');
  inNamespace('scale', '--replicas=0', ...withoutImage.map((name) => `deployment/${name}`));
  inNamespace('scale', '--replicas=2', 'deployment/millrace-server');
  try {
    inNamespace('wait', '--for=condition=Complete', '--timeout=300s', 'job/demo-0-1-0');
    for (const name of ['statefulset/mysql', 'deployment/prometheus', 'deployment/millrace-server']) {
      inNamespace('rollout', 'status', name, '--timeout=180s');
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${inNamespace('get', 'pods').out}`);
  }
}

/** The cluster's controller gives its init and wait containers no security context, so the restricted standard rejects them. */
export function enforce(standard: 'baseline' | 'restricted'): void {
  kubectl(['label', 'namespace', namespace, '--overwrite', `pod-security.kubernetes.io/enforce=${standard}`]);
}

async function addressOf(core: CoreV1Api, name: string): Promise<string> {
  const { spec } = await core.readNamespacedService({ name, namespace });
  return `${spec!.clusterIP}:${spec!.ports![0]!.port}`;
}

function dsn(): string {
  const secret = readManifest('quick-start.yaml').find(
    ({ kind, metadata }) => kind === 'Secret' && metadata.name === 'millrace-datasource',
  );
  return secret!.stringData.dsn;
}

function isReady({ metadata, status }: V1Pod): boolean {
  const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  return ready === true && metadata?.deletionTimestamp === undefined;
}
