import type { Catalog } from '../catalog/catalog.ts';
import { defaultGpuResource, type Profile, type ProfileToleration } from '../catalog/profile.ts';
import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { Attribute } from '../sql/statement.ts';
import type { StepProfile } from './plan.ts';

type Report = (error: MillraceError) => void;

/** Attributes that a profile completes. */
interface Completed {
  readonly profile: string | null;
  readonly gpu: number;
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly parallelism: number | null;
  readonly pending_timeout: number | null;
}

/**
 * The attributes of a statement, with the defaults of its profile for those that it does not name. Reports a profile that does not
 * exist, and requests beyond its limits.
 */
export function withProfile<A extends Completed>(
  attributes: A,
  written: readonly Attribute[],
  catalog: Catalog,
  report: Report,
): A {
  if (attributes.profile === null) return attributes;
  const profile = findProfile(attributes.profile, written, catalog, report);
  if (profile === null) return attributes;
  for (const attribute of written) checkLimit(attribute, attributes, profile, report);
  const names = new Set(written.map(({ name }) => name));
  return {
    ...attributes,
    gpu: names.has('gpu') ? attributes.gpu : (profile.default.gpu ?? 0),
    cpu: attributes.cpu ?? profile.default.cpu,
    memory: attributes.memory ?? profile.default.memory,
    parallelism: attributes.parallelism ?? profile.parallelism,
    pending_timeout: attributes.pending_timeout ?? profile.pendingSeconds,
  };
}

/** The profile as a step has it; null if the statement names none, or one that does not exist. */
export function stepProfile(name: string | null, { profiles = [], mounted }: Catalog): StepProfile | null {
  const profile = profiles.find((known) => known.name === name);
  if (profile === undefined) return null;
  const facts = factsOf(profile);
  return mounted === null
    ? { name: profile.name, facts: facts.map(({ fact }) => fact), withoutEffect: [] }
    : { name: profile.name, facts: [], withoutEffect: facts.map(({ setting }) => setting).filter(matters(profile)) };
}

/** Finds the profile that the attributes name, and reports one that does not exist. */
export function findProfile(
  name: string,
  written: readonly Attribute[],
  { profiles = [] }: Catalog,
  report: Report,
): Profile | null {
  const profile = profiles.find((known) => known.name === name);
  if (profile !== undefined) return profile;
  const names = profiles.map((known) => known.name);
  const nearest = nearestName(name, names);
  const others = names.length === 0 ? 'ask an administrator to define it' : `use one of ${names.join(', ')}`;
  report(
    new MillraceError('UNKNOWN_PROFILE', `there is no profile '${name}'`, {
      span: written.findLast((attribute) => attribute.name === 'profile')?.value.span,
      hint: nearest === undefined ? others : `did you mean '${nearest}'?`,
    }),
  );
  return null;
}

function checkLimit({ name, value }: Attribute, attributes: Completed, profile: Profile, report: Report): void {
  if (name !== 'gpu' && name !== 'cpu' && name !== 'memory') return;
  const [asked, most] = [attributes[name], profile.greatest[name]];
  if (asked === null || most === null || asked <= most) return;
  const shown = amounts[name];
  const message = `${shown(asked)} exceed the limit of the profile '${profile.name}', ${shown(most)}`;
  report(
    new MillraceError('PROFILE_EXCEEDED', message, {
      span: value.span,
      hint: `request at most ${shown(most)}, or name another profile`,
    }),
  );
}

const amounts = {
  gpu: (count: number) => `${count} GPU${count === 1 ? '' : 's'}`,
  cpu: (cores: number) => `${cores} core${cores === 1 ? '' : 's'}`,
  memory: (bytes: number) => `${Math.round((bytes / 2 ** 30) * 100) / 100} GiB of memory`,
};

/** The default resource is that of this machine's GPUs, too. */
const matters =
  ({ gpuResource }: Profile) =>
  (setting: string) =>
    setting !== 'resource' || gpuResource !== defaultGpuResource;

const tolerated = ({ key = 'every taint', value }: ProfileToleration) =>
  value === undefined ? key : `${key}=${value}`;

interface Fact {
  /** Name in the configuration. */
  readonly setting: string;
  readonly fact: string;
}

/** What the profile sets for pods. */
function factsOf({ pods, gpuResource }: Profile): readonly Fact[] {
  const {
    image,
    nodeSelector,
    tolerations,
    affinity,
    priorityClass,
    runtimeClass,
    serviceAccount,
    ephemeralStorage,
    queue,
    places,
    spot,
  } = pods;
  const labels = Object.entries(nodeSelector).map(([label, value]) => `${label}=${value}`);
  const all: readonly (Fact | null)[] = [
    { setting: 'resource', fact: `GPUs are ${gpuResource}` },
    image === null ? null : { setting: 'image', fact: `image ${image}` },
    labels.length === 0 ? null : { setting: 'nodeSelector', fact: `nodes with ${labels.join(', ')}` },
    tolerations.length === 0
      ? null
      : { setting: 'tolerations', fact: `tolerates ${tolerations.map(tolerated).join(', ')}` },
    affinity === null ? null : { setting: 'affinity', fact: 'an affinity' },
    priorityClass === null ? null : { setting: 'priorityClass', fact: `priority class ${priorityClass}` },
    runtimeClass === null ? null : { setting: 'runtimeClass', fact: `runtime class ${runtimeClass}` },
    serviceAccount === null ? null : { setting: 'serviceAccount', fact: `service account ${serviceAccount}` },
    ephemeralStorage === null
      ? null
      : { setting: 'ephemeralStorage', fact: `${Math.round(ephemeralStorage / 2 ** 20)} MiB of disk` },
    queue === null ? null : { setting: 'queue', fact: `queue ${queue}` },
    places === null ? null : { setting: 'places', fact: `at most ${places} pods of all statements at once` },
    spot ? { setting: 'spot', fact: 'spot nodes' } : null,
  ];
  return all.filter((fact) => fact !== null);
}
