import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/errors.ts';
import { readServerConfig } from '../../src/server/config.ts';
import { checkProfiles } from '../../src/service/access/profiles.ts';
import { readProfiles } from '../../src/service/profiles.ts';
import { parseProgram } from '../../src/sql/parse.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-profiles-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function write(text: string): Promise<NodeJS.ProcessEnv> {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  await writeFile(path, text);
  return { MILLRACE_SERVER_CONFIG: path };
}

const read = async (profiles: string) => readProfiles(await write(`profiles: ${profiles}`));

/** `code: message (hint)`, without the folder's name. */
async function refusal(profiles: string): Promise<string> {
  const error = await read(profiles).then(
    () => 'nothing is refused',
    (each) => each,
  );
  if (!(error instanceof MillraceError)) return String(error);
  return `${error.code}: ${error.message} (${error.hint})`.replaceAll(/\S*[/\\]\d+\.yaml/g, 'FILE');
}

const nothing = { gpu: null, cpu: null, memory: null };

describe('a profile of the configuration', () => {
  it('sets nothing by itself', async () => {
    expect(await read('{plain: {}}')).toEqual([
      {
        name: 'plain',
        description: null,
        roles: null,
        gpuResource: 'nvidia.com/gpu',
        default: nothing,
        greatest: nothing,
        parallelism: null,
        pendingSeconds: null,
        pods: {
          image: null,
          nodeSelector: {},
          tolerations: [],
          affinity: null,
          priorityClass: null,
          runtimeClass: null,
          serviceAccount: null,
          ephemeralStorage: null,
          queue: null,
          places: null,
          spot: false,
        },
      },
    ]);
  });

  it('has quantities as Kubernetes writes them, durations and an affinity', async () => {
    const affinity = `{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions:
      [{key: topology.kubernetes.io/zone, operator: NotIn, values: [a]}]}]}},
      podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 5, podAffinityTerm: {topologyKey: zone,
      labelSelector: {matchLabels: {app: x}}}}]}}`;
    const [profile] = await read(`{mig: {resource: nvidia.com/mig-1g.10gb, default: {gpu: 1, cpu: 1.5, memory: 1.5Gi},
      greatest: {gpu: 2, cpu: 4, memory: 16Gi}, ephemeralStorage: 20G, pendingTimeout: 1h30m, places: 8, spot: true,
      queue: team-a, tolerations: [{operator: Exists}, {key: spot, value: "yes", effect: NoExecute, tolerationSeconds: 60}],
      nodeSelector: {"cloud.example/gpu": h100}, roles: [user, admin], affinity: ${affinity}}}`);
    expect(profile).toMatchObject({
      gpuResource: 'nvidia.com/mig-1g.10gb',
      default: { gpu: 1, cpu: 1.5, memory: 1.5 * 2 ** 30 },
      greatest: { gpu: 2, cpu: 4, memory: 2 ** 34 },
      pendingSeconds: 5400,
      pods: {
        ephemeralStorage: 20e9,
        queue: 'team-a',
        places: 8,
        spot: true,
        affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5 }] } },
      },
    });
  });

  it.each([
    ['[]', 'profiles is an empty list (write a name of at most 63 letters, digits and . _ -)'],
    [
      '{"a b": {}}',
      'profiles has an unknown key (not shown: it may be a secret) (write a name of at most 63 letters, digits and . _ -)',
    ],
    ['{a: }', 'profiles.a is empty (write a mapping)'],
    ['{a: {resurce: x/y}}', 'profiles.a has an unknown key "resurce" (write resource)'],
    [
      '{a: {resource: gpu}}',
      'profiles.a.resource is "gpu" (write the name of an extended resource, such as nvidia.com/gpu, nvidia.com/mig-1g.10gb or amd.com/gpu)',
    ],
    ['{a: {default: {memory: 5}}}', 'profiles.a.default.memory is 5 (write a number of bytes, such as 16Gi)'],
    [
      '{a: {default: {memory: 5Mi}}}',
      'profiles.a.default.memory is 5Mi, too little for a worker to start (write at least 64Mi, with its unit: 4Gi)',
    ],
    ['{a: {default: {gpu: 1.5}}}', 'profiles.a.default.gpu is 1.5 (write a whole number from 0 to 64)'],
    [
      '{a: {default: {gpu: 3}, greatest: {gpu: 2}}}',
      'profiles.a.default.gpu is more than greatest.gpu (lower the one or raise the other)',
    ],
    ['{a: {greatest: {cpu: 2}}}', 'profiles.a has greatest.cpu but no default.cpu (add default.cpu)'],
    ['{a: {roles: [root]}}', 'profiles.a.roles[0] is "root" (write reader, user or admin)'],
    ['{a: {roles: []}}', 'profiles.a.roles is an empty list (write a list of at least one of reader, user, admin)'],
    ['{a: {pendingTimeout: soon}}', 'profiles.a.pendingTimeout is "soon" (write a duration, such as 30m or 2h)'],
    ['{a: {pendingTimeout: 9999d}}', 'profiles.a.pendingTimeout is "9999d" (write a duration from 1s to 365d)'],
    ['{a: {queue: Team_A}}', 'profiles.a.queue is "Team_A" (write a name of lowercase letters, digits, - and .)'],
    ['{a: {spot: maybe}}', 'profiles.a.spot is an invalid string (write true or false)'],
    ['{a: {image: "x{{workflow.name}}"}}', 'profiles.a.image is "x{{workflow.name}}" (write an image reference)'],
    [
      '{a: {nodeSelector: {zone: {}}}}',
      "profiles.a.nodeSelector.zone is a mapping (write a label's value: at most 63 letters, digits and . _ -)",
    ],
    [
      '{a: {nodeSelector: {"-x": y}}}',
      'profiles.a.nodeSelector has an unknown key "-x" (write the name of a label, such as topology.kubernetes.io/zone)',
    ],
    [
      '{a: {tolerations: [{effect: NoSchedule}]}}',
      'profiles.a.tolerations[0] has no key (add key, or operator: Exists)',
    ],
    [
      '{a: {tolerations: [{key: a, operator: Exists, value: b}]}}',
      'profiles.a.tolerations[0] has a value, but operator: Exists matches any (remove one of the two)',
    ],
    [
      '{a: {tolerations: [{key: a, tolerationSeconds: 5}]}}',
      'profiles.a.tolerations[0] has tolerationSeconds without effect: NoExecute (remove it, or add effect: NoExecute)',
    ],
    [
      '{a: {tolerations: [{key: a, effect: Never}]}}',
      'profiles.a.tolerations[0].effect is "Never" (write NoSchedule, PreferNoSchedule or NoExecute)',
    ],
    ['{a: {affinity: {nodeAfinity: {}}}}', 'profiles.a.affinity has an unknown key "nodeAfinity" (write nodeAffinity)'],
    [
      '{a: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}}}',
      'profiles.a.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms is an empty list (write a list of at least one term)',
    ],
  ])('is refused where it is wrong: %s', async (profiles, told) => {
    expect(await refusal(profiles)).toBe(`SERVER_CONFIG_INVALID: FILE: ${told}`);
  });
});

it('the server has the same profiles as commands without a server', async () => {
  const environment = await write('profiles: {a: {places: 2}, b: {}}');
  expect((await readServerConfig(environment)).profiles).toEqual(await readProfiles(environment));
  expect(await readProfiles({})).toEqual([]);
});

describe('a role', () => {
  const program = (name: string) =>
    parseProgram(`SELECT 1; SELECT a FROM b TO RUN millrace/worker CMD "detect" WITH profile = '${name}' INTO c`);

  it('may use profiles without roles, and those that name it', async () => {
    const profiles = await read('{all: {}, gpus: {roles: [user, admin]}}');
    expect(checkProfiles(program('all'), 'reader', profiles)).toBeNull();
    expect(checkProfiles(program('gpus'), 'user', profiles)).toBeNull();
    expect(checkProfiles(program('absent'), 'reader', profiles)).toBeNull();
  });

  it('is told at the place which others it may use', async () => {
    const profiles = await read('{all: {}, gpus: {roles: [admin]}}');
    for (const text of [program('gpus'), parseProgram("CREATE MODEL m FROM '/models/m.onnx' WITH profile = 'gpus'")]) {
      expect(checkProfiles(text, 'user', profiles)).toMatchObject({
        code: 'PROFILE_NOT_ALLOWED',
        message: "the role user may not use the profile 'gpus'",
        hint: 'use one of all, or ask an administrator to allow it (profiles.gpus.roles)',
        span: { start: text.text.indexOf("'gpus'") },
      });
    }
  });
});
