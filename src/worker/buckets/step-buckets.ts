import { type BucketPlace, isBucketUrl, isInBuckets, readBuckets } from '../../bucket-url.ts';
import type { Volumes } from '../volume-path.ts';
import type { ObjectStore } from './object-store.ts';
import { readStoreSettings } from './store-settings.ts';

/** The buckets that a step may read. */
export interface StepBuckets {
  /** As users write them. */
  readonly names: readonly string[];
  allows(place: BucketPlace): boolean;
  /** Opened with the first object that is read. @throws {MillraceError} BUCKETS_INVALID */
  store(): Promise<ObjectStore>;
}

/**
 * A step may read the buckets among its volumes, as far as MILLRACE_BUCKETS still has them.
 * @throws {MillraceError} BUCKETS_INVALID
 */
export function stepBuckets(volumes: Volumes, environment: NodeJS.ProcessEnv): StepBuckets {
  const mounted = Object.keys(volumes)
    .filter(isBucketUrl)
    .map((url) => url.slice('s3://'.length));
  const known = readBuckets(environment.MILLRACE_BUCKETS ?? '');
  let opened: Promise<ObjectStore> | undefined;
  return {
    names: mounted.map((bucket) => `s3://${bucket}`),
    allows: (place) => isInBuckets(place, mounted) && isInBuckets(place, known),
    store: () => (opened ??= openStore(environment)),
  };
}

async function openStore(environment: NodeJS.ProcessEnv): Promise<ObjectStore> {
  const settings = readStoreSettings(environment);
  const { openObjectStore } = await import('./object-store.ts');
  return openObjectStore(settings);
}
