import { MillraceError } from '../errors.ts';
import { readMeasurements } from './measurements.ts';
import { listModels, type ModelVersion, readVersions } from './registry.ts';
import { columnsOf, type ReturnedRows, type ReturningStep } from './store-rows.ts';
import { readTrainings, type TrainedVersion } from './trainings.ts';
import { trialColumns, trialRows } from './trial-rows.ts';

/** Where models are known. */
export interface KnownModels extends Pick<ReturningStep, 'pool' | 'schema'> {
  /** Models in `/models` that nobody registered. */
  readonly unregistered: () => Promise<readonly { readonly name: string; readonly file: string }[]>;
}

/** The rows of SHOW MODELS. */
export async function showModels(
  like: string | null,
  { pool, schema, unregistered }: KnownModels,
): Promise<ReturnedRows> {
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

/** A model, or one of its versions. */
export type Named = { readonly name: string; readonly version: number | null };

async function versionsOf({ name, version }: Named, { pool, schema }: KnownModels): Promise<readonly ModelVersion[]> {
  const versions = await readVersions(pool, schema, [name]);
  return version === null ? versions : versions.filter((each) => each.version === version);
}

/** The rows of DESCRIBE MODEL, a version each. @throws {MillraceError} UNKNOWN_MODEL */
export async function describeModel(action: Named, place: KnownModels): Promise<ReturnedRows> {
  const versions = await versionsOf(action, place);
  const file = (await place.unregistered()).find(({ name }) => name === action.name);
  if (versions.length === 0 && file === undefined) throw unknownModel(action);
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

async function descriptionOf(model: ModelVersion, { pool, schema }: KnownModels): Promise<readonly unknown[]> {
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

/** The rows of SHOW TRAIN. @throws {MillraceError} UNKNOWN_MODEL */
export async function showTrain(action: Named, place: KnownModels): Promise<ReturnedRows> {
  const versions = await versionsOf(action, place);
  const shown = action.version === null ? versions.filter(({ isCurrent }) => isCurrent) : versions;
  if (shown.length === 0) throw unknownModel(action);
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

/** The rows of SHOW TRIALS, a trial each. @throws {MillraceError} UNKNOWN_MODEL */
export async function showTrials(action: Named, place: KnownModels): Promise<ReturnedRows> {
  const versions = await versionsOf(action, place);
  const shown = action.version === null ? versions.filter(({ isCurrent }) => isCurrent) : versions;
  if (shown.length === 0) throw unknownModel(action);
  const trainings = await readTrainings(place.pool, place.schema, action.name);
  const rows: (readonly unknown[])[] = [];
  for (const { name, version } of shown) {
    const training = trainings.find((each) => each.version === version);
    if (training !== undefined) for (const row of await trialRows(place, training)) rows.push([name, version, ...row]);
  }
  return { columns: columnsOf({ model: 'string', version: 'integer', ...trialColumns }), rows };
}

export function unknownModel({ name, version }: Named): MillraceError {
  const what =
    version === null ? `no model is registered as '${name}'` : `the model '${name}' has no version ${version}`;
  return new MillraceError('UNKNOWN_MODEL', what);
}
