import { type Static, Type } from 'typebox';
import { defaultGpuResource, type Profile, type ProfileResources } from '../catalog/profile.ts';
import { byteCount, leastBytes, secondCount } from '../plan/attribute-values.ts';
import { roles } from './access/users.ts';
import { check, invalid, readYaml } from './settings-file.ts';

const closed = { additionalProperties: false };

/** A string with a form; the description completes "write …" in errors. */
const text = (pattern: string, description: string) => Type.String({ pattern, description, maxLength: 1000 });
const number = (minimum: number, maximum: number) =>
  Type.Number({ minimum, maximum, description: `a number from ${minimum} to ${maximum}` });
const whole = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });
const list = <T extends Parameters<typeof Type.Array>[0]>(items: T, what: string, options = {}) =>
  Type.Array(items, { description: `a list of ${what}`, ...options });

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const objectName = text('^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$', 'a name of lowercase letters, digits, - and .');
const labelKey = '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$';
const labelValue = '^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$';
const label = text(labelKey, 'the name of a label, such as topology.kubernetes.io/zone');
const labels = Type.Record(label, text(labelValue, "a label's value: at most 63 letters, digits and . _ -"), {
  ...closed,
  description: 'the name of a label, such as topology.kubernetes.io/zone',
});
const quantity = text('^[0-9]+(\\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$', 'a number of bytes, such as 16Gi');

const expressions = (operators: readonly string[]) =>
  list(
    Type.Object(
      { key: label, operator: Type.Enum([...operators]), values: Type.Optional(list(Type.String(), 'strings')) },
      closed,
    ),
    'expressions, each with key, operator and values',
  );
const setOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
const nodeTerm = Type.Object(
  {
    matchExpressions: Type.Optional(expressions([...setOperators, 'Gt', 'Lt'])),
    matchFields: Type.Optional(expressions([...setOperators, 'Gt', 'Lt'])),
  },
  closed,
);
const selector = Type.Object(
  { matchLabels: Type.Optional(labels), matchExpressions: Type.Optional(expressions(setOperators)) },
  closed,
);
const podTerm = Type.Object(
  {
    topologyKey: label,
    labelSelector: Type.Optional(selector),
    namespaceSelector: Type.Optional(selector),
    namespaces: Type.Optional(list(objectName, 'namespaces')),
    matchLabelKeys: Type.Optional(list(label, 'names of labels')),
    mismatchLabelKeys: Type.Optional(list(label, 'names of labels')),
  },
  closed,
);
const podAffinity = Type.Object(
  {
    requiredDuringSchedulingIgnoredDuringExecution: Type.Optional(list(podTerm, 'terms')),
    preferredDuringSchedulingIgnoredDuringExecution: Type.Optional(
      list(Type.Object({ weight: whole(1, 100), podAffinityTerm: podTerm }, closed), 'terms with a weight'),
    ),
  },
  closed,
);
/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling */
const affinity = Type.Object(
  {
    nodeAffinity: Type.Optional(
      Type.Object(
        {
          requiredDuringSchedulingIgnoredDuringExecution: Type.Optional(
            Type.Object({ nodeSelectorTerms: list(nodeTerm, 'at least one term', { minItems: 1 }) }, closed),
          ),
          preferredDuringSchedulingIgnoredDuringExecution: Type.Optional(
            list(Type.Object({ weight: whole(1, 100), preference: nodeTerm }, closed), 'terms with a weight'),
          ),
        },
        closed,
      ),
    ),
    podAffinity: Type.Optional(podAffinity),
    podAntiAffinity: Type.Optional(podAffinity),
  },
  closed,
);

const toleration = Type.Object(
  {
    key: Type.Optional(label),
    operator: Type.Optional(Type.Enum(['Exists', 'Equal'])),
    value: Type.Optional(text(labelValue, "a taint's value: at most 63 letters, digits and . _ -")),
    effect: Type.Optional(Type.Enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])),
    tolerationSeconds: Type.Optional(whole(0, 31_536_000)),
  },
  closed,
);

const resources = Type.Object(
  {
    gpu: Type.Optional(whole(0, 64)),
    cpu: Type.Optional(number(0.001, 1024)),
    memory: Type.Optional(quantity),
  },
  closed,
);

const ProfileEntry = Type.Object(
  {
    description: Type.Optional(text('.', 'a sentence')),
    roles: Type.Optional(list(Type.Enum(roles), `at least one of ${roles.join(', ')}`, { minItems: 1 })),
    resource: Type.Optional(
      text(
        '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$',
        'the name of an extended resource, such as nvidia.com/gpu, nvidia.com/mig-1g.10gb or amd.com/gpu',
      ),
    ),
    image: Type.Optional(text('^[^\\s{}]+$', 'an image reference')),
    default: Type.Optional(resources),
    greatest: Type.Optional(resources),
    ephemeralStorage: Type.Optional(quantity),
    parallelism: Type.Optional(whole(1, 10_000)),
    pendingTimeout: Type.Optional(text('^([0-9]{1,9}[smhd]){1,4}$', 'a duration, such as 30m or 2h')),
    nodeSelector: Type.Optional(labels),
    tolerations: Type.Optional(list(toleration, 'tolerations')),
    affinity: Type.Optional(affinity),
    priorityClass: Type.Optional(objectName),
    runtimeClass: Type.Optional(objectName),
    serviceAccount: Type.Optional(objectName),
    queue: Type.Optional(objectName),
    places: Type.Optional(whole(1, 100_000)),
    spot: Type.Optional(Type.Boolean({ description: 'true or false' })),
  },
  closed,
);

const profileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** `profiles` of the server's configuration file. */
export const Profiles = Type.Record(Type.String({ pattern: profileName.source }), ProfileEntry, {
  ...closed,
  description: 'a name of at most 63 letters, digits and . _ -',
});

type Entry = Static<typeof ProfileEntry>;

/**
 * The profiles of a command without a server: those of the file that MILLRACE_SERVER_CONFIG names.
 * @throws {MillraceError} SERVER_CONFIG_INVALID
 */
export async function readProfiles(environment: NodeJS.ProcessEnv): Promise<readonly Profile[]> {
  const path = environment.MILLRACE_SERVER_CONFIG || null;
  if (path === null) return [];
  const { profiles = {} } = Object(await readYaml(path)) as { readonly profiles?: unknown };
  return profilesOf(path, check(path, Type.Object({ profiles: Profiles }), { profiles }).profiles);
}

/** @param file its name, for errors. @throws {MillraceError} SERVER_CONFIG_INVALID */
export function profilesOf(file: string, entries: Readonly<Record<string, Entry>>): readonly Profile[] {
  return Object.entries(entries).map(([name, entry]) => profileOf(name, entry, `${file}: profiles.${name}`));
}

function profileOf(name: string, entry: Entry, place: string): Profile {
  for (const [index, each] of (entry.tolerations ?? []).entries()) {
    checkToleration(each, `${place}.tolerations[${index}]`);
  }
  const profile = {
    name,
    description: entry.description ?? null,
    roles: entry.roles ?? null,
    gpuResource: entry.resource ?? defaultGpuResource,
    default: resourcesOf(entry.default, `${place}.default`),
    greatest: resourcesOf(entry.greatest, `${place}.greatest`),
    parallelism: entry.parallelism ?? null,
    pendingSeconds: secondsOf(entry.pendingTimeout, `${place}.pendingTimeout`),
    pods: podsOf(entry),
  };
  checkGreatest(profile, place);
  return profile;
}

function podsOf(entry: Entry): Profile['pods'] {
  return {
    image: entry.image ?? null,
    nodeSelector: entry.nodeSelector ?? {},
    tolerations: entry.tolerations ?? [],
    affinity: entry.affinity ?? null,
    priorityClass: entry.priorityClass ?? null,
    runtimeClass: entry.runtimeClass ?? null,
    serviceAccount: entry.serviceAccount ?? null,
    ephemeralStorage: entry.ephemeralStorage === undefined ? null : (byteCount(entry.ephemeralStorage) ?? null),
    queue: entry.queue ?? null,
    places: entry.places ?? null,
    spot: entry.spot ?? false,
  };
}

function resourcesOf({ gpu, cpu, memory }: NonNullable<Entry['default']> = {}, place: string): ProfileResources {
  const bytes = memory === undefined ? null : (byteCount(memory) ?? null);
  if (bytes !== null && bytes < leastBytes) {
    throw invalid(
      `${place}.memory is ${memory}, too little for a worker to start`,
      'write at least 64Mi, with its unit: 4Gi',
    );
  }
  return { gpu: gpu ?? null, cpu: cpu ?? null, memory: bytes };
}

function secondsOf(written: string | undefined, place: string): number | null {
  if (written === undefined) return null;
  const seconds = secondCount(written);
  if (seconds !== undefined) return seconds;
  throw invalid(`${place} is "${written}"`, 'write a duration from 1s to 365d');
}

/** A statement that names nothing gets the default, which must be within the limit, and for cores and memory must exist. */
function checkGreatest(profile: Pick<Profile, 'default' | 'greatest'>, place: string): void {
  for (const name of ['gpu', 'cpu', 'memory'] as const) {
    const [given, most] = [profile.default[name], profile.greatest[name]];
    if (most === null) continue;
    if (given === null && name !== 'gpu') {
      throw invalid(`${place} has greatest.${name} but no default.${name}`, `add default.${name}`);
    }
    if ((given ?? 0) > most) {
      throw invalid(`${place}.default.${name} is more than greatest.${name}`, 'lower the one or raise the other');
    }
  }
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function checkToleration({ key, operator, value, effect, tolerationSeconds }: ProfileTolerationEntry, place: string) {
  if (key === undefined && operator !== 'Exists') throw invalid(`${place} has no key`, 'add key, or operator: Exists');
  if (operator === 'Exists' && value !== undefined) {
    throw invalid(`${place} has a value, but operator: Exists matches any`, 'remove one of the two');
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    throw invalid(`${place} has tolerationSeconds without effect: NoExecute`, 'remove it, or add effect: NoExecute');
  }
}

type ProfileTolerationEntry = NonNullable<Entry['tolerations']>[number];
