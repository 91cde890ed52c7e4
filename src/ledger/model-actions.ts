import type { ResultColumn } from '../datasource/column-types.ts';
import { MillraceError } from '../errors.ts';
import type { ModelAction, ModelActor, Simulation } from '../model-task.ts';
import type { TrainStep } from '../plan/plan.ts';
import { readMeasurements } from './measurements.ts';
import { sweepFiles } from './model-files.ts';
import { listModels, type ModelFacts, type ModelVersion, readModel, readVersions } from './registry.ts';
import { type Added, addVersion, dropModel, type NewVersion, setVersion } from './registry-changes.ts';
import { readPlanJson, readStatementText } from './statement-plan.ts';
import { type ReturnedRows, type ReturningStep, storeRows } from './store-rows.ts';
import { readTrainings, type TrainedVersion } from './trainings.ts';
import { trialColumns, trialRows } from './trial-rows.ts';

/** Where a statement about models runs, and for whom. */
export interface ModelPlace extends ReturningStep {
  readonly actor: ModelActor;
  /** Models in `/models` that nobody registered. */
  readonly unregistered: () => Promise<readonly { readonly name: string; readonly file: string }[]>;
}

export type CreateAction = Extract<ModelAction, { readonly does: 'create' }>;

/** What was found at a file. */
export interface FoundFile extends Pick<NewVersion, 'kind' | 'digest' | 'size'> {
  readonly facts: ModelFacts;
}

/** Carries out a statement about models, except CREATE MODEL … FROM, and stores the rows that it returns. Repeatable. */
export async function runModelAction(action: Exclude<ModelAction, CreateAction>, place: ModelPlace): Promise<void> {
  const answer = await answerOf(action, place);
  if (answer !== null) await storeRows(answer, place);
}

function answerOf(action: Exclude<ModelAction, CreateAction>, place: ModelPlace): Promise<ReturnedRows | null> {
  switch (action.does) {
    case 'like':
      return addLike(action, place);
    case 'show':
      return showModels(action.like, place);
    case 'describe':
      return describe(action, place);
    case 'showTrain':
      return showTrain(action, place);
    case 'showTrials':
      return showTrials(action, place);
    case 'drop':
      return drop(action, place);
    case 'setVersion':
      return set(action, place);
  }
}

/** Adds the version of CREATE MODEL … FROM, once the file has been looked at and stored. */
export async function addFound(action: CreateAction, found: FoundFile, place: ModelPlace): Promise<void> {
  const { name, storage: location } = action;
  const file = location === 'path' ? action.file : null;
  const version = { name, ...found, location, file, base: null, simulation: null } as const;
  await storeRows(await add(version, place), place);
}

/** A version that TO TRAIN has registered. */
export type Registered = Pick<TrainedVersion, 'name' | 'version' | 'report'>;

/** Stores the row that TO TRAIN returns. */
export async function storeTrainingResult({ name, version, report }: Registered, place: ReturningStep): Promise<void> {
  const { estimator, rows, curve, metrics, took } = report;
  const predicted = took === undefined ? null : await predictedSeconds(place, rows);
  const measured = Object.entries(metrics).flatMap(([part, values]) =>
    Object.entries(values).map(([metric, value]) => [part === 'train' ? metric : `${part}_${metric}`, value] as const),
  );
  await storeRows(
    {
      columns: [
        ...columnsOf({ model: 'string', version: 'integer', estimator: 'string', rows: 'bigint', rounds: 'integer' }),
        ...measured.map(([metric]) => ({ name: metric, type: 'double' as const })),
        ...(took === undefined ? [] : columnsOf({ seconds: 'double', predicted_seconds: 'double' })),
      ],
      rows: [
        [
          ...[name, version, estimator, String(rows), curve.length, ...measured.map(([, value]) => value)],
          ...(took === undefined ? [] : [tenths(took.seconds), predicted && tenths(predicted)]),
        ],
      ],
    },
    place,
  );
}

/** What the plan predicted for so many rows; null: nothing was measured before. */
async function predictedSeconds(
  { pool, schema, statement, step }: ReturningStep,
  rows: number,
): Promise<number | null> {
  const plan: { readonly steps?: readonly PlannedTraining[] } = JSON.parse(
    (await readPlanJson(pool, schema, statement)) ?? '{}',
  );
  const cost = plan.steps?.find(({ name }) => name === step)?.cost;
  return cost === undefined ? null : cost.startSeconds + rows * cost.passes * cost.rowSeconds;
}

type PlannedTraining = Pick<TrainStep, 'name' | 'cost'>;

const tenths = (seconds: number) => Math.round(seconds * 10) / 10;

async function add(version: Omit<NewVersion, 'statement'>, place: ModelPlace): Promise<ReturnedRows> {
  const { pool, schema, actor } = place;
  const statement = await readStatementText(pool, schema, place.statement, place.step);
  const added = await addVersion(pool, schema, { ...version, statement }, actor);
  return addedAnswer(version, added);
}

function addedAnswer(
  { name, kind, digest, facts }: Omit<NewVersion, 'statement'>,
  { version, isNew }: Added,
): ReturnedRows {
  const note = isNew ? 'added' : 'unchanged: the current version is the same';
  return {
    columns: columnsOf({
      model: 'string',
      version: 'integer',
      kind: 'string',
      classes: 'integer',
      digest: 'string',
      note: 'string',
    }),
    rows: [[name, version, kind, facts.classNames.length, digest, note]],
  };
}

/** A simulation of a simulation is one of its base. */
async function addLike(
  action: Extract<ModelAction, { readonly does: 'like' }>,
  place: ModelPlace,
): Promise<ReturnedRows> {
  const { base, simulation } = await baseOf(action, place);
  const facts = base?.facts ?? {
    family: null,
    classNames: [],
    namesAreGiven: false,
    width: null,
    height: null,
    inputs: [],
  };
  return add(
    {
      ...{ name: action.name, kind: 'simulated', digest: null, size: null, location: 'none', file: null, facts },
      base: base === null ? action.base : `${base.name}@${base.version}`,
      simulation,
    },
    place,
  );
}

async function baseOf(
  { base: written, simulation }: { readonly base: string; readonly simulation: Simulation },
  { pool, schema }: ModelPlace,
): Promise<{ readonly base: ModelVersion | null; readonly simulation: Simulation }> {
  const [, name = written, version = null] = /^([^@]+)@(\d{1,9})$/.exec(written) ?? [];
  const base = await readModel(pool, schema, name, version === null ? null : Number(version));
  if (base === null || base.simulation === null) return { base, simulation };
  const merged = {
    latency: simulation.latency ?? base.simulation.latency,
    accuracy: simulation.accuracy ?? base.simulation.accuracy,
    classCoverage: simulation.classCoverage ?? base.simulation.classCoverage,
  };
  return baseOf({ base: base.base ?? '', simulation: merged }, { pool, schema } as ModelPlace);
}

async function showModels(like: string | null, { pool, schema, unregistered }: ModelPlace): Promise<ReturnedRows> {
  const registered = await listModels(pool, schema, like);
  const names = new Set(registered.map(({ name }) => name));
  const files = (await unregistered()).filter(({ name }) => !names.has(name) && (like === null || isLike(name, like)));
  const rows = [
    ...registered.map((model) => [
      ...[
        model.name,
        model.version,
        model.kind,
        model.family,
        model.classes,
        model.size === null ? null : String(model.size),
      ],
      ...[model.location === 'none' ? null : model.location, model.file ?? model.base, model.owner, model.madeAt],
      ...[model.map, model.imagesPerSecond],
    ]),
    ...files.map(({ name, file }) => [
      name,
      null,
      'unregistered',
      null,
      null,
      null,
      'path',
      file,
      null,
      null,
      null,
      null,
    ]),
  ];
  return {
    columns: columnsOf({
      ...{ model: 'string', version: 'integer', kind: 'string', family: 'string', classes: 'integer', size: 'bigint' },
      ...{ location: 'string', file: 'string', owner: 'string', made_at: 'timestamp', map: 'double' },
      images_per_second: 'double',
    }),
    rows: rows.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  };
}

/** As the database's LIKE: `%` any text, `_` any character, `\\` quotes. Takes time linear in the name for each part of the pattern. */
function isLike(name: string, pattern: string): boolean {
  let matched = new Set([0]);
  for (let at = 0; at < pattern.length && matched.size > 0; at++) {
    const character = pattern[at]!;
    if (character === '%') {
      const from = Math.min(...matched);
      matched = new Set(Array.from({ length: name.length - from + 1 }, (_, index) => from + index));
      continue;
    }
    const isAny = character === '_';
    const wanted = character === '\\' && at + 1 < pattern.length ? pattern[++at]! : character;
    matched = new Set(
      [...matched].flatMap((place) => (place < name.length && (isAny || name[place] === wanted) ? [place + 1] : [])),
    );
  }
  return matched.has(name.length);
}

type Named = { readonly name: string; readonly version: number | null };

async function versionsOf({ name, version }: Named, { pool, schema }: ModelPlace): Promise<readonly ModelVersion[]> {
  const versions = await readVersions(pool, schema, [name]);
  return version === null ? versions : versions.filter((each) => each.version === version);
}

async function describe(action: Named, place: ModelPlace): Promise<ReturnedRows> {
  const versions = await versionsOf(action, place);
  const file = (await place.unregistered()).find(({ name }) => name === action.name);
  if (versions.length === 0 && file === undefined) throw unknown(action);
  const rows = await Promise.all(versions.toReversed().map((version) => descriptionOf(version, place)));
  const unregistered = [
    null,
    null,
    'unregistered',
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    'path',
    file?.file,
    ...Array(9).fill(null),
  ];
  return {
    columns: columnsOf({
      ...{ version: 'integer', is_current: 'integer', kind: 'string', family: 'string', classes: 'integer' },
      ...{ class_names: 'json', width: 'integer', height: 'integer', size: 'bigint', digest: 'string' },
      ...{
        location: 'string',
        file: 'string',
        base: 'string',
        simulation: 'json',
        made_by: 'string',
        made_at: 'timestamp',
      },
      ...{ statement: 'string', map: 'double', images_per_second: 'double', reads: 'json', predicts: 'string' },
    }),
    rows: versions.length === 0 ? [unregistered] : rows,
  };
}

async function descriptionOf(model: ModelVersion, { pool, schema }: ModelPlace): Promise<readonly unknown[]> {
  const { name, version, facts, size } = model;
  const measured = await readMeasurements(pool, schema, { name, version });
  const total = measured.find(({ totalMs }) => totalMs !== null && totalMs > 0)?.totalMs ?? null;
  const map = measured.find(({ accuracy }) => accuracy !== null)?.accuracy?.map ?? null;
  return [
    ...[
      version,
      model.isCurrent ? 1 : 0,
      model.kind,
      facts.family,
      facts.classNames.length,
      JSON.stringify(facts.classNames),
    ],
    ...[facts.width, facts.height, size === null ? null : String(size), model.digest],
    ...[model.location === 'none' ? null : model.location, model.file, model.base],
    ...[
      model.simulation === null ? null : JSON.stringify(model.simulation),
      model.madeBy,
      model.madeAt,
      model.statement,
    ],
    ...[map, total === null ? null : 1000 / total],
    ...(facts.tabular === undefined ? [null, null] : [JSON.stringify(facts.tabular.inputs), facts.tabular.label]),
  ];
}

async function showTrain(action: Named, place: ModelPlace): Promise<ReturnedRows> {
  const versions = await versionsOf(action, place);
  const shown = action.version === null ? versions.filter(({ isCurrent }) => isCurrent) : versions;
  if (shown.length === 0) throw unknown(action);
  const trainings = await readTrainings(place.pool, place.schema, action.name);
  return {
    columns: columnsOf({
      ...{ model: 'string', version: 'integer', statement: 'string', estimator: 'string', rows: 'bigint' },
      ...{ seed: 'integer', metrics: 'json', data_sha256: 'string', versions: 'json', statement_id: 'string' },
    }),
    rows: shown.map(({ name, version, statement }) => {
      const training = trainings.find((each) => each.version === version);
      return [name, version, statement, ...trainedColumns(training)];
    }),
  };
}

/** What SHOW TRAIN tells of a version that TO TRAIN has made. */
function trainedColumns(training: TrainedVersion | undefined): readonly unknown[] {
  if (training === undefined) return Array(7).fill(null);
  const { estimator, rows, seed, metrics, data_sha256, versions } = training.report;
  const json = [JSON.stringify(metrics), data_sha256, JSON.stringify(versions)];
  return [estimator, String(rows), seed, ...json, training.statement];
}

async function showTrials(action: Named, place: ModelPlace): Promise<ReturnedRows> {
  const versions = await versionsOf(action, place);
  const shown = action.version === null ? versions.filter(({ isCurrent }) => isCurrent) : versions;
  if (shown.length === 0) throw unknown(action);
  const trainings = await readTrainings(place.pool, place.schema, action.name);
  const rows: (readonly unknown[])[] = [];
  for (const { name, version } of shown) {
    const training = trainings.find((each) => each.version === version);
    if (training !== undefined) for (const row of await trialRows(place, training)) rows.push([name, version, ...row]);
  }
  return { columns: columnsOf({ model: 'string', version: 'integer', ...trialColumns }), rows };
}

async function drop(
  { name, ifExists }: { readonly name: string; readonly ifExists: boolean },
  { pool, schema, actor }: ModelPlace,
): Promise<null> {
  const files = await dropModel(pool, schema, name, actor);
  if (files === null && !ifExists) throw unknown({ name, version: null });
  await sweepFiles(pool, schema, files ?? []);
  return null;
}

async function set(
  { name, version }: { readonly name: string; readonly version: number },
  { pool, schema, actor }: ModelPlace,
): Promise<null> {
  await setVersion(pool, schema, name, version, actor);
  return null;
}

function unknown({ name, version }: Named): MillraceError {
  const what =
    version === null ? `no model is registered as '${name}'` : `the model '${name}' has no version ${version}`;
  return new MillraceError('UNKNOWN_MODEL', what);
}

function columnsOf(types: Readonly<Record<string, ResultColumn['type']>>): readonly ResultColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
