import { defaultGpuResource, type Profile } from '../catalog/profile.ts';
import type { Resources } from '../plan/plan.ts';
import type { Container } from './workflow.ts';

type ResourceRequirements = NonNullable<Container['resources']>;

/** The statement's resources are both requests and limits; others are those of the template. GPUs are whole, and limits only. */
export function resourceRequirements(
  { cpu, memory, gpu }: Resources,
  profile: Profile | null,
  defaults: ResourceRequirements = {},
) {
  const storage = profile?.pods.ephemeralStorage ?? null;
  const asked = {
    ...(cpu === null ? {} : { cpu: cpuQuantity(cpu) }),
    ...(memory === null ? {} : { memory: memoryQuantity(memory) }),
    ...(storage === null ? {} : { 'ephemeral-storage': memoryQuantity(storage) }),
  };
  return {
    requests: { ...defaults.requests, ...asked },
    limits: {
      ...defaults.limits,
      ...asked,
      ...(gpu === 0 ? {} : { [profile?.gpuResource ?? defaultGpuResource]: String(gpu) }),
    },
  };
}

/** Cores in Kubernetes' canonical form. */
function cpuQuantity(cores: number): string {
  const milli = Math.max(1, Math.round(cores * 1000));
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/** Bytes in the largest unit that gives a whole number. */
function memoryQuantity(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  let size = Math.ceil(bytes);
  let unit = 0;
  while (size % 1024 === 0 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size}${units[unit]}`;
}
