import { type Static, Type } from 'typebox';
import type { Profile, ProfileResources } from '../catalog/profile.ts';

const Resources = Type.Object({
  gpu: Type.Union([Type.Integer(), Type.Null()]),
  cpu: Type.Union([Type.Number({ description: 'cores' }), Type.Null()]),
  memory: Type.Union([Type.Integer({ description: 'bytes' }), Type.Null()]),
});

/** A profile as its users see it. */
export const ProfileView = Type.Object({
  name: Type.String({ description: "what WITH profile = '…' names" }),
  description: Type.Union([Type.String(), Type.Null()]),
  resource: Type.String({ description: 'the extended resource that gpu counts, such as nvidia.com/gpu' }),
  default: Type.Object(Resources.properties, { description: 'requests of a statement that names none; null: not set' }),
  greatest: Type.Object(Resources.properties, { description: 'maximum requests of a statement; null: no limit' }),
  parallelism: Type.Union([Type.Integer(), Type.Null()], {
    description: 'maximum number of partitions at once of a statement that names none',
  }),
  pendingSeconds: Type.Union([Type.Integer(), Type.Null()], {
    description: 'seconds for which a pod may wait before its statement fails; null: no limit',
  }),
  queue: Type.Union([Type.String(), Type.Null()], { description: "Kueue's LocalQueue" }),
  places: Type.Union([Type.Integer(), Type.Null()], {
    description: 'maximum number of its pods at once, over all statements',
  }),
  spot: Type.Boolean({ description: 'whether its nodes may disappear' }),
});
export type ProfileView = Static<typeof ProfileView>;

export function viewProfile(profile: Profile): ProfileView {
  const { name, description, gpuResource, parallelism, pendingSeconds, pods } = profile;
  return {
    name,
    description,
    resource: gpuResource,
    default: amounts(profile.default),
    greatest: amounts(profile.greatest),
    parallelism,
    pendingSeconds,
    queue: pods.queue,
    places: pods.places,
    spot: pods.spot,
  };
}

const amounts = ({ gpu, cpu, memory }: ProfileResources) => ({ gpu, cpu, memory });
