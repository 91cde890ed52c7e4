import type { Catalog, CatalogModel } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { ModelAction } from '../model-task.ts';
import { nearestName } from '../nearest-name.ts';
import { valueText } from '../sql/expression-nodes.ts';
import type {
  Attribute,
  CreateModelStatement,
  ModelStatement,
  ModelStatementKind,
  Reference,
  StringLiteral,
  Value,
} from '../sql/statement.ts';
import { oneOf, text, texts, wholeNumber } from './attribute-values.ts';
import { findModel, splitName, unknownModel } from './model-catalog.ts';
import { pathInVolumes } from './paths.ts';
import type { ModelStep, Step } from './plan.ts';
import { mergeVolumes } from './volumes.ts';

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
  if (failed) return null;
  const volumes = action.does === 'create' ? mergeVolumes(catalog.volumes, []) : [];
  return { kind: 'model', ...place, action, actor: catalog.actor, volumes, span: statement.span };
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

const namesOf = (model: Reference, { models }: Catalog) =>
  models.filter(({ name, registered }) => name === model.text && registered !== undefined);

const isRegistered = (model: Reference, catalog: Catalog) => namesOf(model, catalog).length > 0;

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

function checkOwner(model: Reference, catalog: Catalog, what: string, report: Report): void {
  const { user, isAdmin } = catalog.actor;
  const owner = namesOf(model, catalog)[0]?.registered?.owner;
  if (owner === undefined || owner === user || isAdmin) return;
  const message = `the model '${model.text}' belongs to ${owner}`;
  const code = what.startsWith('add') ? 'MODEL_EXISTS' : 'MODEL_NOT_OWNED';
  const hint = `choose another name, or ask ${owner} or an administrator to ${what} it`;
  report(new MillraceError(code, message, { span: model.span, hint: code === 'MODEL_EXISTS' ? hint : hint.slice(24) }));
}

function planFrom(
  { model, attributes }: CreateModelStatement,
  from: StringLiteral,
  catalog: Catalog,
  report: Report,
): ModelAction {
  const given = read(attributes, fileAttributes, report);
  const mounts = catalog.mounted ?? catalog.volumes.map(({ mountPath }) => mountPath);
  const digest = storedDigest(from.value);
  const file = digest === null ? pathInVolumes(from, mounts, report) : from.value;
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
  const given = read(attributes, simulationAttributes, report);
  requireModel(like, catalog, report);
  const simulation = { latency: given.latency, accuracy: given.accuracy, classCoverage: given.class_coverage };
  return { does: 'like', name: model.text, base: like.text, simulation };
}

interface Reader<T> {
  readonly expects: string;
  readonly read: (value: Value) => T | undefined;
  readonly otherwise: T;
}

type Readers = Readonly<Record<string, Reader<unknown>>>;

const fileAttributes = {
  kind: {
    expects: "'detector' or 'classifier'",
    read: (value: Value) => oneOf(value, ['detector', 'classifier']),
    otherwise: null as 'detector' | 'classifier' | null,
  },
  storage: {
    expects: "'path' or 'database'",
    read: (value: Value) => oneOf(value, ['path', 'database']),
    otherwise: 'path' as 'path' | 'database',
  },
  class_names: {
    expects: "a list of names, e.g. ['cat', 'dog']",
    read: (value: Value) => {
      const names = texts(value)
        ?.flatMap((name) => (value.kind === 'list' ? [name] : name.split(',')))
        .map((name) => name.trim());
      return names?.length === 0 || names?.includes('') ? undefined : names;
    },
    otherwise: null as readonly string[] | null,
  },
  classes_file: { expects: 'a path inside a volume', read: text, otherwise: null as string | null },
};

const mostLatencyMs = 600_000;

const simulationAttributes = {
  latency: {
    expects: `ms per image, 0 to ${mostLatencyMs}`,
    read: (value: Value) => numberWithin(value, mostLatencyMs),
    otherwise: null as number | null,
  },
  accuracy: {
    expects: 'a number from 0 to 1',
    read: (value: Value) => numberWithin(value, 1),
    otherwise: null as number | null,
  },
  class_coverage: {
    expects: 'a list of class ids, e.g. [41, 39]',
    read: (value: Value) => {
      const ids = value.kind === 'list' ? value.items.map((item) => wholeNumber(item, 0, 2 ** 31)) : [undefined];
      return ids.length === 0 || ids.includes(undefined) ? undefined : (ids as readonly number[]);
    },
    otherwise: null as readonly number[] | null,
  },
};

function numberWithin(value: Value, most: number): number | undefined {
  return value.kind === 'number' && value.value >= 0 && value.value <= most ? value.value : undefined;
}

type Given<R extends Readers> = { -readonly [Name in keyof R]: R[Name]['otherwise'] };

function read<R extends Readers>(attributes: readonly Attribute[], readers: R, report: Report): Given<R> {
  const given: Record<string, unknown> = {};
  for (const [name, { otherwise }] of Object.entries(readers)) given[name] = otherwise;
  for (const attribute of attributes) {
    const { name, value } = attribute;
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    const found = reader?.read(value);
    if (found !== undefined) given[name] = found;
    else
      report(
        reader === undefined ? unknownAttribute(attribute, Object.keys(readers)) : wrong(attribute, reader.expects),
      );
  }
  return given as Given<R>;
}

function unknownAttribute({ name, nameSpan }: Attribute, known: readonly string[]): MillraceError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `use one of ${known.join(', ')}` : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_ATTRIBUTE', `unknown attribute '${name}' for CREATE MODEL`, {
    span: nameSpan,
    hint,
  });
}

function wrong({ name, value }: Attribute, expects: string): MillraceError {
  const message = `the attribute ${name} cannot be ${valueText(value)}`;
  return new MillraceError('WRONG_ATTRIBUTE', message, { span: value.span, hint: `give ${expects}` });
}

/** The catalog as later statements of the program see it. */
export function afterStatement(catalog: Catalog, statement: ModelStatement, step: ModelStep): Catalog {
  const { action } = step;
  if (action.does === 'drop') {
    const models = catalog.models.filter(({ name, registered }) => name !== action.name || registered === undefined);
    return { ...catalog, models };
  }
  if (action.does === 'setVersion') {
    const isCurrent = ({ version }: NonNullable<CatalogModel['registered']>) => version === action.version;
    return { ...catalog, models: catalog.models.map((known) => withCurrent(known, action.name, isCurrent)) };
  }
  if (action.does !== 'create' && action.does !== 'like') return catalog;
  const made = madeModel(action, statement, step.name, catalog);
  const others = catalog.models.map((known) => withCurrent(known, action.name, () => false));
  return {
    ...catalog,
    models: made === null ? others : [...others, made],
    knownNames: [...catalog.knownNames, action.name],
  };
}

function withCurrent(
  model: CatalogModel,
  name: string,
  isCurrent: (registered: NonNullable<CatalogModel['registered']>) => boolean,
): CatalogModel {
  if (model.name !== name || model.registered === undefined) return model;
  return { ...model, registered: { ...model.registered, isCurrent: isCurrent(model.registered) } };
}

function madeModel(
  action: Extract<ModelAction, { readonly does: 'create' | 'like' }>,
  statement: ModelStatement,
  step: string,
  catalog: Catalog,
): CatalogModel | null {
  const { user } = catalog.actor;
  const owner = namesOf((statement as CreateModelStatement).model, catalog)[0]?.registered?.owner ?? user;
  const common = { version: null, isCurrent: true, owner, madeBy: step } as const;
  if (action.does === 'create') {
    const location = action.storage;
    const { name, file, classNames } = action;
    return { name, file, registered: { ...common, digest: null, location, classNames, base: null, simulation: null } };
  }
  const base = findModel(action.base, catalog);
  if (base === null) return null;
  const simulation = { ...base.registered?.simulation, ...withoutNulls(action.simulation) };
  const { digest = null, location = 'path', classNames = null, madeBy = null } = base.registered ?? {};
  const registered = {
    ...common,
    digest,
    location,
    classNames,
    base: base.name,
    madeBy,
    simulation: filled(simulation),
  };
  return { name: action.name, file: base.file, registered };
}

const withoutNulls = (parts: object) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null));

const filled = (parts: object) => ({ latency: null, accuracy: null, classCoverage: null, ...parts });
