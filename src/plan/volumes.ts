import type { VolumeMount } from './plan.ts';

// A claim's name is a DNS subdomain: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
const volumePattern = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?):(\/[^:]*[^:/])(?::(ro|rw))?$/;

/** `claim:/mount/path[:ro|:rw]`, read-only unless said; undefined where one is not of this form. */
export function parseVolumes(written: readonly string[] | undefined): readonly VolumeMount[] | undefined {
  const mounts = written?.map(parseVolume);
  return mounts?.every((mount) => mount !== undefined) ? mounts : undefined;
}

function parseVolume(written: string): VolumeMount | undefined {
  const [, claim, mountPath, mode] = volumePattern.exec(written) ?? [];
  if (claim === undefined || mountPath === undefined) return undefined;
  return { claim, mountPath, readOnly: mode !== 'rw' };
}

/** The catalog's mounts with the statement's: one at the same path replaces the catalog's. */
export function mergeVolumes(defaults: readonly VolumeMount[], given: readonly VolumeMount[]): readonly VolumeMount[] {
  const kept = defaults.filter((mount) => !given.some((other) => other.mountPath === mount.mountPath));
  return [...kept, ...given];
}
