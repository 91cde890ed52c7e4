import type { Profile } from '../../catalog/profile.ts';
import { MillraceError } from '../../errors.ts';
import type { DeployedBuckets, Deployment, SecretKey } from '../../workflow/workflow.ts';

/** Name of the worker's image in statements. */
const workerName = 'millrace/worker';

/**
 * Settings of the workflows, from this process's environment. `connectKubernetes` chooses the cluster.
 *
 *   MILLRACE_NAMESPACE          namespace of the workflows; default: `millrace`
 *   MILLRACE_WORKER_IMAGE       image of the worker; required
 *   MILLRACE_TRAINER_IMAGE      image of the trainer, from docker/trainer.Dockerfile, for TO TRAIN and TO EXPLAIN
 *   MILLRACE_GPU_WORKER_IMAGE   image of the worker with CUDA, for partitions that request GPUs; default: MILLRACE_WORKER_IMAGE
 *   MILLRACE_IMAGES             other images, by their names in statements: `name=reference,…`
 *   MILLRACE_SERVICE_ACCOUNT    service account of the pods, bound to the executor's Role; default: `workflow`
 *   MILLRACE_IMAGE_URLS         servers that workers may download images from: `public` (default), `none`, or networks besides:
 *                               `public,10.20.0.0/16`
 *   MILLRACE_BUCKETS            buckets, or folders of buckets, that statements may name; default: none
 *   MILLRACE_S3_ENDPOINT, MILLRACE_S3_REGION, MILLRACE_S3_PATH_STYLE   their store: src/worker/buckets/store-settings.ts
 *   MILLRACE_S3_SECRET          Secret with its credentials, under the keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, optional,
 *                               AWS_SESSION_TOKEN; default: none, for public buckets
 *   MILLRACE_DATASOURCE_SECRET  `secret/key` of the pods' DSN; default: `millrace-datasource/dsn`
 *   MILLRACE_SYSTEM_DATASOURCE_SECRET   `secret/key` of the DSN for the system schema; default: MILLRACE_DATASOURCE_SECRET
 *   MILLRACE_READER_DATASOURCE_SECRET   `secret/key` of the DSN for statements of readers; default: MILLRACE_DATASOURCE_SECRET
 *   MILLRACE_FOREIGN_DATASOURCE_SECRET  `secret/key` of the DSN for images other than the worker's; default:
 *                               MILLRACE_DATASOURCE_SECRET; `none`: such images are rejected
 *   MILLRACE_STATEMENT_URL      URL of the page that shows a statement; the id is appended
 *   MILLRACE_PLACES_CONFIGMAP   `namespace/name` of the ConfigMap with the number of pods of each profile that may run at once;
 *                               default: `millrace-places` in MILLRACE_NAMESPACE
 *
 * @throws {MillraceError} WORKER_IMAGE_MISSING
 */
export function readDeployment(
  environment: NodeJS.ProcessEnv,
  schema: string,
  profiles: readonly Profile[],
): Deployment {
  const workerImage = environment.MILLRACE_WORKER_IMAGE;
  if (!workerImage) {
    const hint = 'set it to the image that docker/worker.Dockerfile builds, by a reference that the cluster can pull';
    throw new MillraceError('WORKER_IMAGE_MISSING', 'MILLRACE_WORKER_IMAGE is not set', { hint });
  }
  const datasource = secretKey(environment.MILLRACE_DATASOURCE_SECRET || 'millrace-datasource/dsn');
  const {
    MILLRACE_SYSTEM_DATASOURCE_SECRET: system,
    MILLRACE_READER_DATASOURCE_SECRET: reader,
    MILLRACE_FOREIGN_DATASOURCE_SECRET: foreign,
  } = environment;
  const namespace = environment.MILLRACE_NAMESPACE || 'millrace';
  return {
    namespace,
    serviceAccount: environment.MILLRACE_SERVICE_ACCOUNT || 'workflow',
    imageUrls: environment.MILLRACE_IMAGE_URLS || null,
    buckets: readBuckets(environment),
    workerImage,
    gpuWorkerImage: environment.MILLRACE_GPU_WORKER_IMAGE || workerImage,
    trainerImage: environment.MILLRACE_TRAINER_IMAGE || null,
    images: { [workerName]: workerImage, ...readImages(environment.MILLRACE_IMAGES ?? '') },
    datasource,
    systemDatasource: system ? secretKey(system) : null,
    readerDatasource: reader ? secretKey(reader) : null,
    foreignDatasource: !hasForeignAccount(environment) ? null : foreign ? secretKey(foreign) : datasource,
    schema,
    profiles,
    places: readPlaces(environment.MILLRACE_PLACES_CONFIGMAP || `${namespace}/millrace-places`),
    gpuTolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    deadlineSeconds: 86_400,
    statementUrl: environment.MILLRACE_STATEMENT_URL || null,
  };
}

/** Whether images other than the worker's get an account of the database. */
export function hasForeignAccount({ MILLRACE_FOREIGN_DATASOURCE_SECRET: foreign }: NodeJS.ProcessEnv): boolean {
  return foreign !== 'none';
}

function readPlaces(written: string): Deployment['places'] {
  const [namespace = '', configMap = ''] = written.split('/');
  return { namespace, configMap };
}

const storeSettings = ['MILLRACE_S3_ENDPOINT', 'MILLRACE_S3_REGION', 'MILLRACE_S3_PATH_STYLE'];

function readBuckets(environment: NodeJS.ProcessEnv): DeployedBuckets | null {
  const { MILLRACE_BUCKETS: allowed, MILLRACE_S3_SECRET: secret } = environment;
  if (!allowed) return null;
  const store = storeSettings.flatMap((name) => (environment[name] ? [[name, environment[name]] as const] : []));
  return { allowed, store: Object.fromEntries(store), secret: secret || null };
}

function secretKey(written: string): SecretKey {
  const [secret = '', key = 'dsn'] = written.split('/');
  return { secret, key };
}

function readImages(written: string): Record<string, string> {
  const pairs = written.split(',').map((pair) => pair.trim().split('='));
  return Object.fromEntries(pairs.flatMap(([name, image]) => (name && image ? [[name, image]] : [])));
}
