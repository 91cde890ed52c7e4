import type { ModelAction, ModelActor, Simulation } from '../model-task.ts';
import { sweepFiles } from './model-files.ts';
import { describeModel, type KnownModels, showModels, showTrain, showTrials, unknownModel } from './model-views.ts';
import { type ModelFacts, type ModelVersion, readModel } from './registry.ts';
import { type Added, addVersion, dropModel, type NewVersion, setVersion } from './registry-changes.ts';
import { readStatementText } from './statement-plan.ts';
import { columnsOf, type ReturnedRows, type ReturningStep, storeRows } from './store-rows.ts';

/** Where a statement about models runs, and for whom. */
export interface ModelPlace extends ReturningStep, KnownModels {
  readonly actor: ModelActor;
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
      return describeModel(action, place);
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

async function drop(
  { name, ifExists }: { readonly name: string; readonly ifExists: boolean },
  { pool, schema, actor }: ModelPlace,
): Promise<null> {
  const files = await dropModel(pool, schema, name, actor);
  if (files === null && !ifExists) throw unknownModel({ name, version: null });
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
