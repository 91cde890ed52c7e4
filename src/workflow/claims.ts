import type { VolumeMount } from '../plan/plan.ts';
import type { ContainerTemplate, Template } from './workflow.ts';

/** Adds the step's claims as volumes and mounts. Both are read-only if the mount is: another step may mount the same claim read-write. */
export function withClaims(template: ContainerTemplate, mounts: readonly VolumeMount[]): ContainerTemplate {
  if (mounts.length === 0) return template;
  const given = new Set(mounts.map(({ mountPath }) => mountPath));
  const kept = template.container.volumeMounts?.filter(({ mountPath }) => !given.has(mountPath)) ?? [];
  return {
    ...template,
    volumes: mounts.map(claimVolume),
    container: { ...template.container, volumeMounts: [...kept, ...mounts.map(claimMount)] },
  };
}

function claimVolume({ claim, readOnly }: VolumeMount, index: number): NonNullable<Template['volumes']>[number] {
  const persistentVolumeClaim = { claimName: claim, ...(readOnly ? { readOnly } : {}) };
  return { name: volumeName(claim, index), persistentVolumeClaim };
}

function claimMount({ claim, mountPath, readOnly }: VolumeMount, index: number) {
  return { name: volumeName(claim, index), mountPath, ...(readOnly ? { readOnly } : {}) };
}

/** The name of a claim is a DNS subdomain; the name of a volume is a DNS label of at most 63 characters. */
function volumeName(claim: string, index: number): string {
  return `${claim.replaceAll('.', '-').slice(0, 58)}-${index}`;
}
