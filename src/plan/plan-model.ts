import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { ModelAction } from '../model-task.ts';
import type {
  CreateModelStatement,
  ModelStatement,
  ModelStatementKind,
  Reference,
  StringLiteral,
} from '../sql/statement.ts';
import { fileAttributes, simulationAttributes } from './model-attributes.ts';
import {
  findModel,
  needsPictures,
  readsColumns,
  registeredVersions,
  splitName,
  unknownModel,
} from './model-catalog.ts';
import { checkOwner } from './model-owner.ts';
import { pathInVolumes, readablePath } from './paths.ts';
import type { ModelStep, Step, StepProfile } from './plan.ts';
import { findProfile, stepProfile } from './profile.ts';
import { readAttributes } from './read-attributes.ts';
import { allowedBuckets, mergeVolumes } from './volumes.ts';

type Report = (error: MillraceError) => void;

/** Plans a statement about models as a step; null after reporting its errors. */
export function planModel(
  statement: ModelStatement,
  place: Pick<Step, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): ModelStep | null {
  let failed = false;
  const note = (error: MillraceError) => {
    failed = true;
    report(error);
  };
  const planner = planners[statement.kind] as (
    statement: ModelStatement,
    catalog: Catalog,
    report: Report,
  ) => ModelAction;
  const action = planner(statement, catalog, note);
  const profile = profileOf(statement, catalog, note);
  if (failed) return null;
  const isCreated = action.does === 'create';
  const volumes = isCreated ? mergeVolumes(catalog.volumes, []) : [];
  const buckets = isCreated ? allowedBuckets(catalog) : {};
  return { kind: 'model', ...place, action, actor: catalog.actor, volumes, ...buckets, profile, span: statement.span };
}

/** Only CREATE MODEL … FROM looks at a file, so that it matters where it runs. */
function profileOf(statement: ModelStatement, catalog: Catalog, report: Report): StepProfile | null {
  if (statement.kind !== 'createModel' || statement.from === null) return null;
  const value = statement.attributes.findLast(({ name }) => name === 'profile')?.value;
  if (value?.kind !== 'string') return null;
  findProfile(value.value, statement.attributes, catalog, report);
  return stepProfile(value.value, catalog);
}

type Planner<Kind extends ModelStatementKind> = (
  statement: Extract<ModelStatement, { readonly kind: Kind }>,
  catalog: Catalog,
  report: Report,
) => ModelAction;

const planners: { readonly [Kind in ModelStatementKind]: Planner<Kind> } = {
  createModel: (statement, catalog, report) => {
    const { model, from, like } = statement;
    checkOwner(model, catalog, 'add a version to', report);
    return from === null
      ? planLike(statement, like as Reference, catalog, report)
      : planFrom(statement, from, catalog, report);
  },
  showModels: ({ like }) => ({ does: 'show', like: like?.value ?? null }),
  describeModel: ({ model }, catalog, report) => {
    requireModel(model, catalog, report);
    return { does: 'describe', ...splitName(model.text) };
  },
  showTrain: ({ model }, catalog, report) => {
    requireModel(model, catalog, report);
    return { does: 'showTrain', ...splitName(model.text) };
  },
  showTrials: ({ model }, catalog, report) => {
    requireModel(model, catalog, report);
    return { does: 'showTrials', ...splitName(model.text) };
  },
  dropModel: ({ model, ifExists }, catalog, report) => {
    if (isRegistered(model, catalog)) checkOwner(model, catalog, 'drop', report);
    else if (!ifExists) report(notRegistered(model, catalog));
    return { does: 'drop', name: model.text, ifExists };
  },
  setModel: ({ model, version: { value: version, span } }, catalog, report) => {
    if (!isRegistered(model, catalog)) report(notRegistered(model, catalog));
    else if (findModel(`${model.text}@${version}`, catalog) === null && !isMadeHere(model.text, catalog))
      report(unknownModel({ text: `${model.text}@${version}`, span }, catalog));
    else checkOwner(model, catalog, 'change', report);
    return { does: 'setVersion', name: model.text, version };
  },
};

const isRegistered = (model: Reference, catalog: Catalog) => registeredVersions(model, catalog).length > 0;

/** Whether an earlier statement of the program makes a version, whose number is not known yet. */
const isMadeHere = (name: string, { models }: Catalog) =>
  models.some((known) => known.name === name && known.registered?.madeBy != null);

function requireModel(model: Reference, catalog: Catalog, report: Report): void {
  if (findModel(model.text, catalog) === null) report(unknownModel(model, catalog));
}

/** A file in `/models` cannot be dropped, nor has it versions. */
function notRegistered(model: Reference, catalog: Catalog): MillraceError {
  if (findModel(model.text, catalog) === null) return unknownModel(model, catalog);
  return new MillraceError('UNKNOWN_MODEL', `the model '${model.text}' is a file that is not registered`, {
    span: model.span,
    hint: `register it first: CREATE MODEL ${model.text} FROM '/models/${model.text}.onnx'`,
  });
}

function planFrom(
  { model, attributes }: CreateModelStatement,
  from: StringLiteral,
  catalog: Catalog,
  report: Report,
): ModelAction {
  const given = readAttributes(attributes, fileAttributes, 'CREATE MODEL', report);
  const mounts = catalog.mounted ?? catalog.volumes.map(({ mountPath }) => mountPath);
  const digest = storedDigest(from.value);
  const readable = { mounts, buckets: catalog.buckets ?? [] };
  const file = digest === null ? readablePath(from, readable, report) : from.value;
  const classesFile =
    given.classes_file === null ? null : pathInVolumes({ value: given.classes_file, span: from.span }, mounts, report);
  return {
    does: 'create',
    name: model.text,
    file,
    kind: given.kind,
    storage: digest === null ? given.storage : 'database',
    classNames: given.class_names,
    classesFile,
  };
}

/** `sha256:…` is a file that was stored in the database before, by `PUT /v1/models/{name}`. */
function storedDigest(from: string): string | null {
  return /^sha256:([0-9a-f]{64})$/.exec(from)?.[1] ?? null;
}

function planLike(
  { model, attributes }: CreateModelStatement,
  like: Reference,
  catalog: Catalog,
  report: Report,
): ModelAction {
  const given = readAttributes(attributes, simulationAttributes, 'CREATE MODEL', report);
  requireModel(like, catalog, report);
  if (readsColumns(findModel(like.text, catalog))) report(needsPictures(like));
  const simulation = { latency: given.latency, accuracy: given.accuracy, classCoverage: given.class_coverage };
  return { does: 'like', name: model.text, base: like.text, simulation };
}
