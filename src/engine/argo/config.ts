import { MillraceError } from '../../errors.ts';
import type { Deployment, SecretKey } from '../../workflow/workflow.ts';

/** What the worker is called in statements. */
const workerName = 'millrace/worker';

/**
 * Where workflows run and with what, from this process's environment. Which cluster: `connectKubernetes`.
 *
 *   MILLRACE_NAMESPACE          the workflows' namespace; `millrace`
 *   MILLRACE_WORKER_IMAGE       the worker's image; required
 *   MILLRACE_IMAGES             other images by the names that statements write: `name=reference,…`
 *   MILLRACE_SERVICE_ACCOUNT    the pods' account, with the executor's Role; `workflow`
 *   MILLRACE_DATASOURCE_SECRET  `secret/key` of the DSN that the pods use; `millrace-datasource/dsn`
 *   MILLRACE_SYSTEM_DATASOURCE_SECRET   the same for the account behind the system schema; left out: that of the one above
 *   MILLRACE_READER_DATASOURCE_SECRET   the same for statements of readers; left out: that of the first
 *   MILLRACE_FOREIGN_DATASOURCE_SECRET  the same for other images than the worker's; left out: that of the first; `none`: they are
 *                               refused
 *   MILLRACE_STATEMENT_URL      where a person sees statements; the id is appended
 *
 * @throws {MillraceError} WORKER_IMAGE_MISSING
 */
export function readDeployment(environment: NodeJS.ProcessEnv, schema: string): Deployment {
  const workerImage = environment.MILLRACE_WORKER_IMAGE;
  if (!workerImage) {
    const hint = 'set it to the image that docker/worker.Dockerfile makes, as the cluster can pull it';
    throw new MillraceError('WORKER_IMAGE_MISSING', 'MILLRACE_WORKER_IMAGE is not set', { hint });
  }
  const datasource = secretKey(environment.MILLRACE_DATASOURCE_SECRET || 'millrace-datasource/dsn');
  const {
    MILLRACE_SYSTEM_DATASOURCE_SECRET: system,
    MILLRACE_READER_DATASOURCE_SECRET: reader,
    MILLRACE_FOREIGN_DATASOURCE_SECRET: foreign,
  } = environment;
  return {
    namespace: environment.MILLRACE_NAMESPACE || 'millrace',
    serviceAccount: environment.MILLRACE_SERVICE_ACCOUNT || 'workflow',
    workerImage,
    images: { [workerName]: workerImage, ...readImages(environment.MILLRACE_IMAGES ?? '') },
    datasource,
    systemDatasource: system ? secretKey(system) : null,
    readerDatasource: reader ? secretKey(reader) : null,
    foreignDatasource: foreign === 'none' ? null : foreign ? secretKey(foreign) : datasource,
    schema,
    gpuTolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    deadlineSeconds: 86_400,
    statementUrl: environment.MILLRACE_STATEMENT_URL || null,
  };
}

function secretKey(written: string): SecretKey {
  const [secret = '', key = 'dsn'] = written.split('/');
  return { secret, key };
}

function readImages(written: string): Record<string, string> {
  const pairs = written.split(',').map((pair) => pair.trim().split('='));
  return Object.fromEntries(pairs.flatMap(([name, image]) => (name && image ? [[name, image]] : [])));
}
