import type { Profile } from '../catalog/profile.ts';
import { MillraceError } from '../errors.ts';
import type { StepProfile } from '../plan/plan.ts';
import type { ContainerTemplate, Deployment, Template } from './workflow.ts';

/**
 * The administrator's profile of a step.
 * @throws {MillraceError} UNKNOWN_PROFILE if it was removed after the statement was planned
 */
export function profileOf(
  { profile: named }: { readonly profile: StepProfile | null },
  { profiles }: Pick<Deployment, 'profiles'>,
): Profile | null {
  if (named === null) return null;
  const profile = profiles.find(({ name }) => name === named.name);
  if (profile !== undefined) return profile;
  throw new MillraceError('UNKNOWN_PROFILE', `the profile '${named.name}' no longer exists`, {
    hint: 'submit the statement with another profile',
  });
}

/** https://kueue.sigs.k8s.io/docs/tasks/run/plain_pods/: Kueue holds back pods with this label until their queue admits them. */
const queueLabel = 'kueue.x-k8s.io/queue-name';

/** The template with the profile's settings of pods; resources, image and placement are set where the step's own are. */
export function withProfile(
  template: ContainerTemplate,
  profile: Profile | null,
  { places }: Pick<Deployment, 'places'>,
): ContainerTemplate {
  if (profile === null) return template;
  const { affinity, priorityClass, runtimeClass, serviceAccount, queue, places: most, spot } = profile.pods;
  const { metadata, retryStrategy } = template;
  return {
    ...template,
    ...(queue !== null && { metadata: { ...metadata, labels: { ...metadata?.labels, [queueLabel]: queue } } }),
    ...(affinity !== null && { affinity: affinity as Template['affinity'] }),
    ...(priorityClass !== null && { priorityClassName: priorityClass }),
    ...(serviceAccount !== null && { serviceAccountName: serviceAccount }),
    // Argo's templates have no field for it.
    ...(runtimeClass !== null && { podSpecPatch: JSON.stringify({ runtimeClassName: runtimeClass }) }),
    ...(most !== null && { synchronization: { semaphores: [semaphore(profile.name, places)] } }),
    // Argo excludes the nodes of all earlier attempts by their label kubernetes.io/hostname.
    ...(spot && { retryStrategy: { ...retryStrategy, affinity: { nodeAntiAffinity: {} } } }),
  };
}

/** The key is the profile's name; its value, the number of pods, is that of the chart. */
function semaphore(key: string, { namespace, configMap }: Deployment['places']) {
  return { namespace, configMapKeyRef: { name: configMap, key } };
}
