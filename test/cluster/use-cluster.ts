import { execFile } from 'node:child_process';
import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { CoreV1Api, CustomObjectsApi, Exec, KubeConfig, type V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, inject, vi } from 'vitest';
import type { Profile } from '../../src/catalog/profile.ts';
import { formatDsn, parseDsn } from '../../src/datasource/dsn.ts';
import { openArgoEngine } from '../../src/engine/argo/argo-engine.ts';
import { readDeployment } from '../../src/engine/argo/config.ts';
import { connectKubernetes, type KubernetesApi } from '../../src/engine/argo/kubernetes/kubernetes-api.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { StatementStatus, Submission } from '../../src/ledger/statement-status.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planProgram } from '../../src/plan/plan-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import { mariadb } from '../database.ts';
import { planOf, type TestSession, useSession } from '../use-session.ts';
import { forward } from './forward.ts';
import { installAccount, installNamespace } from './manifests.ts';

/** A separate namespace for each test file, with everything that statements on `TestSession`'s database need. */
export interface TestCluster extends TestSession {
  readonly namespace: string;
  readonly kubeconfig: KubeConfig;
  readonly core: CoreV1Api;
  readonly custom: CustomObjectsApi;
  /** The engine of one process. */
  readonly engine: Engine;
  /** The engine of another process, or one with other settings. */
  engineWith(
    environment?: Readonly<Record<string, string>>,
    api?: KubernetesApi,
    runningPerUser?: number,
    profiles?: readonly Profile[],
  ): Promise<Engine>;
  /** A DSN with which pods reach this machine's database. */
  dsnInPods(dsn: string): string;
  /** Starts a program. @returns the statement's id */
  start(text: string, id?: string): Promise<string>;
  /** A plan with foreign images. */
  planForeign(text: string): Plan;
  submission(text: string, plan: Plan, id?: string): Submission;
  ended(id: string, engine?: Engine): Promise<StatementStatus>;
  /** The first status for which `holds` is true, or the last. */
  when(id: string, holds: (status: StatementStatus) => boolean, engine?: Engine): Promise<StatementStatus>;
  pods(id: string): Promise<readonly V1Pod[]>;
  /** Waits up to ten seconds: Argo completes a workflow with its workers, shortly before their pods end. */
  noPodsLeft(id: string): Promise<void>;
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };

export function useCluster(): TestCluster {
  const session = useSession(mariadb);
  const cluster = session as Writable<TestCluster>;
  const engines: Engine[] = [];
  let stop = () => {};

  beforeAll(async () => {
    cluster.kubeconfig = new KubeConfig();
    cluster.kubeconfig.loadFromDefault();
    cluster.core = cluster.kubeconfig.makeApiClient(CoreV1Api);
    cluster.custom = cluster.kubeconfig.makeApiClient(CustomObjectsApi);
    cluster.namespace = `millrace-test-${randomBytes(4).toString('hex')}`;
    const { server, port } = await forward(nodeAddress(cluster.kubeconfig), session.database.datasource.port);
    stop = () => void server.close();
    cluster.dsnInPods = (dsn) => formatDsn({ ...parseDsn(dsn), host: nodeAddress(cluster.kubeconfig), port });
    await makeNamespace(cluster, cluster.dsnInPods(session.database.dsn));
    await fillClaims(cluster);
    cluster.engine = await cluster.engineWith();
  });

  afterAll(async () => {
    for (const engine of engines) await engine.close();
    await cluster.core.deleteNamespace({ name: cluster.namespace });
    stop();
  });

  cluster.engineWith = async (environment = {}, given, runningPerUser, profiles = []) => {
    const settings = {
      MILLRACE_NAMESPACE: cluster.namespace,
      MILLRACE_WORKER_IMAGE: inject('workerImage'),
      ...environment,
    };
    const deployment = readDeployment(settings, session.database.systemSchema, profiles);
    const api = given ?? (await connectKubernetes());
    const engine = openArgoEngine({ api, pool: session.database.pool, deployment, runningPerUser });
    engines.push(engine);
    return engine;
  };
  cluster.submission = (text, plan, id = randomUUIDv7()) => ({ id, text, plan, submittedBy: 'ada', server: null });
  cluster.start = async (text, id) => {
    const submission = cluster.submission(text, await planOf(session.session, text), id);
    await cluster.engine.submit(submission);
    return submission.id;
  };
  cluster.planForeign = (text) =>
    planProgram(parseProgram(text), {
      images: [],
      otherImages: true,
      otherImagesAccount: true,
      otherModels: true,
      knownNames: [],
      actor: { user: 'test', isAdmin: false },
      mounted: null,
      database: null,
      models: [],
      volumes: [],
      parallelism: 2,
      mostPods: 3000,
      sharedSession: false,
      views: [],
      viewDefinitions: {},
      queries: {},
      tables: {},
    });
  cluster.when = async (id, holds, engine = cluster.engine) => {
    let last: StatementStatus | undefined;
    for await (const status of engine.events(id)) {
      last = status;
      if (holds(status)) break;
    }
    return last!;
  };
  cluster.ended = (id, engine) => cluster.when(id, () => false, engine);
  cluster.pods = async (id) => {
    const labelSelector = `millrace/statement=${id}`;
    return (await cluster.core.listNamespacedPod({ namespace: cluster.namespace, labelSelector })).items;
  };
  cluster.noPodsLeft = async (id) => {
    const left = async () =>
      (await cluster.pods(id)).filter(({ status }) => status?.phase === 'Pending' || status?.phase === 'Running');
    await expect
      .poll(async () => (await left()).map(({ metadata }) => metadata?.name), { timeout: 10_000 })
      .toEqual([]);
  };
  return cluster;
}

/** This machine's address for pods of ../shared/cluster: its API server listens there. */
export function nodeAddress(kubeconfig: KubeConfig): string {
  return process.env.MILLRACE_TEST_HOST || new URL(kubeconfig.getCurrentCluster()!.server).hostname;
}

/** Creates what deploy/ creates: the account of pods with the executor's Role, the Secret, the claims. */
export async function makeNamespace(
  { core, namespace }: Pick<TestCluster, 'core' | 'namespace'>,
  dsn: string,
): Promise<void> {
  const metadata = (name: string) => ({ metadata: { name, namespace } });
  installNamespace(namespace);
  installAccount('workflow', namespace);
  await core.createNamespacedSecret({ namespace, body: { ...metadata('millrace-datasource'), stringData: { dsn } } });
  for (const name of ['datasets', 'models']) {
    const spec = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '64Mi' } } };
    await core.createNamespacedPersistentVolumeClaim({ namespace, body: { ...metadata(name), spec } });
  }
}

const filler = 'filler';

/** Copies the pictures and the model into the claims through a pod, as tar. */
export async function fillClaims(cluster: TestCluster): Promise<void> {
  const { core, namespace, pictures } = cluster;
  const claims = ['datasets', 'models'];
  await core.createNamespacedPod({
    namespace,
    body: {
      metadata: { name: filler },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 0,
        securityContext: { runAsUser: 0 },
        volumes: claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
        containers: [
          {
            name: 'main',
            image: inject('workerImage'),
            command: ['sleep', '600'],
            volumeMounts: claims.map((name) => ({ name, mountPath: `/${name}` })),
          },
        ],
      },
    },
  });
  const phase = async () => (await core.readNamespacedPod({ namespace, name: filler })).status?.phase;
  await vi.waitUntil(async () => (await phase()) === 'Running', { timeout: 60_000, interval: 200 });
  await unpack(cluster, pictures.folder, '.', '/datasets');
  const model = join(import.meta.dirname, '../../models/demo.onnx');
  await unpack(cluster, dirname(model), 'demo.onnx', '/models');
  await core.deleteNamespacedPod({ namespace, name: filler });
}

/** Not every container runtime forwards the end of standard input, so the pod reads a fixed number of bytes. */
async function unpack(
  { kubeconfig, namespace }: TestCluster,
  folder: string,
  what: string,
  into: string,
): Promise<void> {
  const { stdout: archive } = await promisify(execFile)('tar', ['-c', '--mode=a+rX', '-C', folder, what], {
    encoding: 'buffer',
    maxBuffer: 2 ** 28,
  });
  const command = ['sh', '-c', `head -c ${archive.length} | tar -x --no-overwrite-dir -C ${into}`];
  const status = await new Promise<{ status?: string; message?: string }>((resolve, reject) => {
    new Exec(kubeconfig)
      .exec(namespace, filler, 'main', command, null, process.stderr, Readable.from([archive]), false, resolve)
      .catch(reject);
  });
  if (status.status !== 'Success') throw new Error(`filling ${into}: ${status.message}`);
}
