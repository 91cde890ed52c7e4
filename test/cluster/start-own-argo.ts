import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../deploy/read-manifest.ts';
import { loadImage, removeImages } from './build-image.ts';
import { kubectl } from './kubectl.ts';
import { enforce, namespace } from './use-quick-start.ts';

/** Label that assigns workflows to a controller if there are several. https://argo-workflows.readthedocs.io/en/latest/scaling/#instance-id */
export const instance = { 'workflows.argoproj.io/controller-instanceid': 'quick-start' };

/**
 * Starts the controller of the quick-start, with its manifest, beside that of the cluster. It takes the workflows with the label
 * `instance`. From then on, the namespace enforces the restricted standard, as in the manifest.
 * @param folder with Argo's own `workflow-controller` and `argoexec`
 * @returns a function that removes its images
 */
export async function startOwnArgo(folder: string): Promise<() => Promise<void>> {
  const [, executor] = container().args.slice(container().args.indexOf('--executor-image'));
  await load(container().image, folder, 'workflow-controller');
  await load(executor, folder, 'argoexec');
  const instanceId = JSON.stringify({ data: { instanceID: Object.values(instance)[0] } });
  kubectl(['patch', 'configmap/workflow-controller-configmap', '-n', namespace, '--type=merge', '-p', instanceId]);
  enforce('restricted');
  kubectl(['scale', 'deployment/workflow-controller', '-n', namespace, '--replicas=1']);
  kubectl(['rollout', 'status', 'deployment/workflow-controller', '-n', namespace, '--timeout=180s']);
  return () => removeImages([container().image, executor]);
}

function container() {
  const controller = readManifest('quick-start.yaml').find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'workflow-controller',
  );
  return controller!.spec.template.spec.containers[0];
}

/** An image that contains only a static program. */
async function load(name: string, folder: string, program: string): Promise<void> {
  const image = await mkdtemp(join(tmpdir(), 'millrace-image-'));
  await mkdir(join(image, 'bin'));
  await copyFile(join(folder, program), join(image, 'bin', program));
  await loadImage(name, image, [program]);
  await rm(image, { recursive: true });
}
