import type { Catalog } from '../catalog/catalog.ts';
import { Wrong } from './attribute-values.ts';
import type { VolumeMount } from './plan.ts';

/** `claim:/mount/path[:ro|:rw]`, read-only by default; undefined if one does not have this form. */
export function parseVolumes(written: readonly string[] | undefined): readonly VolumeMount[] | Wrong | undefined {
  const mounts: VolumeMount[] = [];
  for (const item of written ?? []) {
    const mount = parseVolume(item);
    if (mount === undefined || mount instanceof Wrong) return mount;
    const other = mounts.find(({ mountPath }) => mountPath === mount.mountPath);
    if (other !== undefined) {
      const message = `the claims ${other.claim} and ${mount.claim} cannot both be mounted at ${mount.mountPath}`;
      return new Wrong(message, 'mount one of them elsewhere');
    }
    mounts.push(mount);
  }
  return written === undefined ? undefined : mounts;
}

function parseVolume(written: string): VolumeMount | Wrong | undefined {
  const [claim = '', path = '', mode = 'ro', ...more] = written.split(':').map((part) => part.trim());
  if (!path.startsWith('/') || !['ro', 'rw'].includes(mode) || more.length > 0) return undefined;
  if (!isSubdomain(claim)) {
    const hint = 'use lowercase letters, digits, - and ., with a letter or digit at both ends';
    return new Wrong(`'${claim}' is not a valid name of a claim`, hint);
  }
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0 || segments.includes('..')) {
    return new Wrong(`a claim cannot be mounted at ${path}`, 'give the path of a folder, e.g. /datasets');
  }
  return { claim, mountPath: `/${segments.join('/')}`, readOnly: mode !== 'rw' };
}

/** The buckets that a step may read, for its plan: nothing if there are none. */
export function allowedBuckets({ buckets = [] }: Catalog): { readonly buckets?: readonly string[] } {
  return buckets.length === 0 ? {} : { buckets };
}

/** What a step may read, as tasks name it: mount paths of volumes, and URLs of buckets. */
export function mountsOf({
  volumes,
  buckets = [],
}: {
  readonly volumes: readonly VolumeMount[];
  readonly buckets?: readonly string[];
}): readonly string[] {
  return [...volumes.map(({ mountPath }) => mountPath), ...buckets.map((bucket) => `s3://${bucket}`)];
}

/** A DNS subdomain: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export function isSubdomain(text: string): boolean {
  const labels = text.split('.');
  const inner = (label: string) => /^[a-z0-9-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-');
  return text.length <= 253 && labels.every(inner);
}

/** The catalog's and the statement's mounts; a statement's mount replaces the catalog's at the same path. */
export function mergeVolumes(defaults: readonly VolumeMount[], given: readonly VolumeMount[]): readonly VolumeMount[] {
  const kept = defaults.filter((mount) => !given.some((other) => other.mountPath === mount.mountPath));
  return [...kept, ...given];
}
