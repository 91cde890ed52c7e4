import { MillraceError } from '../../errors.ts';
import type { Deployment } from '../../workflow/workflow.ts';

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
  const [secret = '', key = 'dsn'] = (environment.MILLRACE_DATASOURCE_SECRET || 'millrace-datasource/dsn').split('/');
  return {
    namespace: environment.MILLRACE_NAMESPACE || 'millrace',
    serviceAccount: environment.MILLRACE_SERVICE_ACCOUNT || 'workflow',
    workerImage,
    images: { [workerName]: workerImage, ...readImages(environment.MILLRACE_IMAGES ?? '') },
    datasource: { secret, key },
    schema,
    gpuTolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    deadlineSeconds: 86_400,
    statementUrl: environment.MILLRACE_STATEMENT_URL || null,
  };
}

function readImages(written: string): Record<string, string> {
  const pairs = written.split(',').map((pair) => pair.trim().split('='));
  return Object.fromEntries(pairs.flatMap(([name, image]) => (name && image ? [[name, image]] : [])));
}
