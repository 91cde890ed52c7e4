import * as v from 'valibot';
import { MillraceError } from '../errors.ts';
import { modelActionSchema, modelActorSchema, modelReferenceSchema } from '../model-task.ts';
import { programCallSchema } from '../programs/read-program-call.ts';
import { trainingEntries } from '../train-task.ts';
import { type Plan, planVersion, type Step, type StepKind } from './plan.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const place = {
  name: v.string(),
  needs: v.array(v.string()),
  span: v.strictObject({ start: count, end: count }),
};

const table = v.strictObject({ database: v.nullable(v.string()), table: v.string() });

const profile = v.nullable(
  v.strictObject({ name: v.string(), facts: v.array(v.string()), withoutEffect: v.array(v.string()) }),
);

const inPods = {
  ...place,
  image: v.string(),
  select: v.string(),
  retries: count,
  timeoutSeconds: v.nullable(v.number()),
  resources: v.strictObject({ cpu: v.nullable(v.number()), memory: v.nullable(v.number()), gpu: count }),
  volumes: v.array(v.strictObject({ claim: v.string(), mountPath: v.string(), readOnly: v.boolean() })),
  priority: v.nullable(v.number()),
  nodeSelector: v.record(v.string(), v.string()),
  profile,
  pendingSeconds: v.nullable(v.number()),
};

const overRows = {
  ...inPods,
  command: v.array(v.string()),
  partitions: count,
  partitionBy: v.nullable(v.string()),
  parallelism: count,
};

const cost = v.strictObject({
  startSeconds: v.number(),
  imageSeconds: v.number(),
  contention: v.number(),
  fitting: count,
  memory: v.nullable(v.number()),
  images: v.nullable(count),
  isCountable: v.boolean(),
  measured: v.strictObject({ at: v.string(), device: v.string(), batch: count, runs: count, images: count }),
});

const share = v.pipe(v.number(), v.minValue(0));

const strategy = v.strictObject({
  reachesGoal: v.boolean(),
  cascade: v.nullable(
    v.strictObject({
      steps: v.array(
        v.strictObject({
          model: v.string(),
          cost: share,
          classes: v.array(v.string()),
          reach: share,
          decided: v.nullable(v.strictObject({ found: share, rejected: share })),
        }),
      ),
      cost: share,
      accuracy: share,
      agreement: v.nullable(share),
    }),
  ),
});

const find = v.strictObject({
  goal: v.variant('kind', [
    v.strictObject({ kind: v.literal('best') }),
    v.strictObject({ kind: v.literal('maxCost'), cost: v.number() }),
    v.strictObject({ kind: v.literal('minAccuracy'), accuracy: v.number() }),
  ]),
  strategy: v.picklist(['baseline', 'basic', 'order']),
  presence: v.strictObject({ kind: v.picklist(['joint', 'independent']), from: v.string() }),
  notes: v.array(v.string()),
  strategies: v.strictObject({ baseline: strategy, basic: strategy, order: strategy }),
  front: v.nullable(v.array(v.strictObject({ cost: share, accuracy: share }))),
});

const stepSchemas = {
  sql: v.strictObject({
    kind: v.literal('sql'),
    ...place,
    sql: v.string(),
    onlyReads: v.boolean(),
    isolated: v.boolean(),
    runsOthers: v.boolean(),
  }),
  run: v.strictObject({
    kind: v.literal('run'),
    ...overRows,
    into: v.nullable(table),
    writeMode: v.picklist(['fail', 'append', 'overwrite']),
    commitRows: v.nullable(count),
    maxFailedRows: count,
    program: programCallSchema,
    cost: v.optional(cost),
    choices: v.optional(v.array(v.string())),
    find: v.optional(find),
    model: v.nullable(modelReferenceSchema),
    buckets: v.optional(v.array(v.string())),
  }),
  foreign: v.strictObject({ kind: v.literal('foreign'), ...overRows, into: v.array(table) }),
  model: v.strictObject({
    kind: v.literal('model'),
    ...place,
    action: modelActionSchema,
    actor: modelActorSchema,
    volumes: v.array(v.strictObject({ claim: v.string(), mountPath: v.string(), readOnly: v.boolean() })),
    profile,
    buckets: v.optional(v.array(v.string())),
  }),
  train: v.strictObject({
    kind: v.literal('train'),
    ...inPods,
    training: v.strictObject(trainingEntries),
    actor: modelActorSchema,
    cost: v.optional(
      v.strictObject({
        startSeconds: v.number(),
        rowSeconds: v.number(),
        rows: v.nullable(count),
        passes: v.number(),
        runs: count,
        at: v.string(),
      }),
    ),
  }),
} satisfies { readonly [Kind in StepKind]: v.GenericSchema<Extract<Step, { readonly kind: Kind }>> };

const planSchema: v.GenericSchema<Plan> = v.strictObject({
  kind: v.literal('plan'),
  version: v.literal(planVersion),
  steps: v.array(v.variant('kind', Object.values(stepSchemas) as [(typeof stepSchemas)[StepKind]])),
});

/**
 * Reads a plan that was stored as JSON; a plan of an earlier version is upgraded to the current one.
 * @throws {MillraceError} PLAN_VERSION, PLAN_INVALID
 */
export function readPlan(stored: unknown): Plan {
  const { version } = (stored ?? {}) as { readonly version?: unknown };
  const plan = upgraded(stored, version);
  if (plan === null) throw otherVersion(version);
  const read = v.safeParse(planSchema, plan);
  // Returns the original, because the parsed copy has another order of fields: the same plan gives the same workflow, byte for byte.
  if (read.success) return plan as Plan;
  const [issue] = read.issues;
  const where = v.getDotPath(issue) ?? 'plan';
  throw new MillraceError('PLAN_INVALID', `the stored plan cannot be read: ${where}: ${issue.message}`, {
    hint: 'submit the statement again',
  });
}

/** Whether an error comes from `readPlan`. */
export function isUnreadablePlan(error: unknown): error is MillraceError {
  return error instanceof MillraceError && ['PLAN_VERSION', 'PLAN_INVALID'].includes(error.code);
}

function otherVersion(version: unknown): MillraceError {
  const written = JSON.stringify(version) ?? 'none';
  return new MillraceError(
    'PLAN_VERSION',
    `the stored plan has version ${written}; this Millrace knows ${planVersion}`,
    {
      hint: 'submit the statement again, or run it with the version of Millrace that stored it',
    },
  );
}

/** The stored plan as of this version; null: one of an unknown version. */
function upgraded(stored: unknown, version: unknown): unknown {
  if (version === planVersion) return stored;
  const first = upgrades.findIndex(({ from }) => from === version);
  if (first < 0) return null;
  return withSteps(stored, (step) => upgrades.slice(first).reduce((old, { upgrade }) => upgrade(old), step));
}

/** A plan of version 1 has no kind. */
function withSteps(stored: unknown, upgrade: (step: unknown) => unknown): unknown {
  const { kind = 'plan', steps } = stored as { readonly kind?: unknown; readonly steps?: unknown };
  if (!Array.isArray(steps)) return stored;
  return { kind, version: planVersion, steps: steps.map(upgrade) };
}

interface VersionedStep {
  readonly kind?: unknown;
  readonly detect?: Readonly<Record<string, unknown>>;
  readonly batchSize?: unknown;
  readonly program?: { readonly name?: unknown; readonly settings?: Readonly<Record<string, unknown>> };
}

/** Version 1: detection was the only program, and early plans do not say which statements run others, so any may. */
function stepOfVersion1(stored: unknown): unknown {
  const { detect, ...step } = (stored ?? {}) as VersionedStep;
  if (step.kind === 'sql') return { runsOthers: true, ...step };
  if (detect === undefined) return stored;
  const { modelFile, imageDir, imageColumn, maxDetections, imageSize, ...same } = detect;
  const renamed = { model: modelFile, image_dir: imageDir, image_column: imageColumn };
  const settings = { ...same, ...renamed, max_detections: maxDetections, image_size: imageSize };
  return { ...step, program: { name: 'yolo', settings } };
}

/**
 * Version 2: the rows of a transaction were called its batch size, and the model's batch could not be chosen. `detect` was called `yolo`
 * and knew two families, its only output were boxes, and inputs were square.
 */
function stepOfVersion2(stored: unknown): unknown {
  const { batchSize, program, ...step } = (stored ?? {}) as VersionedStep;
  if (program?.settings === undefined) return stored;
  const { name, settings } = program;
  const more = Object.hasOwn(settingsSince2, String(name)) ? settingsSince2[name as 'yolo' | 'classify'] : {};
  const { image_size: side } = settings;
  const image_size = typeof side === 'number' ? { width: side, height: side } : side;
  const now = { name: name === 'yolo' ? 'detect' : name, settings: { ...more, ...settings, image_size } };
  return { ...step, commitRows: batchSize, program: now };
}

const modelSettingsSince2 = { classes_file: null, class_names: null, batch: null };

/** Version 3: no model was registered or simulated, and none got rectangles. */
function stepOfVersion3(stored: unknown): unknown {
  const { program, ...step } = (stored ?? {}) as VersionedStep;
  if (program === undefined) return stored;
  const more = program.name === 'detect' ? settingsSince3 : {};
  return { ...step, program: { ...program, settings: { ...program.settings, ...more } }, model: null };
}

const settingsSince3 = { rect: false, latency: null, accuracy: null, class_coverage: null };

/** Version 4: no statement was TO FIND, and there were no profiles. */
function stepOfVersion4(stored: unknown): unknown {
  const step = (stored ?? {}) as VersionedStep;
  if (step.kind === 'run' || step.kind === 'foreign') return { ...step, profile: null, pendingSeconds: null };
  return step.kind === 'model' ? { ...step, profile: null } : stored;
}

/** Version 5: no statement was TO TRAIN. */
const stepOfVersion5 = (stored: unknown) => stored;

/** What makes a step of a version one of the next. */
const upgrades = [
  { from: 1, upgrade: stepOfVersion1 },
  { from: 2, upgrade: stepOfVersion2 },
  { from: 3, upgrade: stepOfVersion3 },
  { from: 4, upgrade: stepOfVersion4 },
  { from: 5, upgrade: stepOfVersion5 },
] as const;

const settingsSince2 = {
  yolo: {
    ...modelSettingsSince2,
    family: 'auto',
    classes: null,
    agnostic_nms: false,
    output: 'boxes',
    masks: false,
    keypoints: false,
    corners: false,
  },
  classify: { ...modelSettingsSince2, output: 'classes' },
};
