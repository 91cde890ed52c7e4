import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogModel } from '../catalog/catalog-model.ts';
import type { ModelAction } from '../model-task.ts';
import type { CreateModelStatement, ModelStatement } from '../sql/statement.ts';
import { findModel } from './model-catalog.ts';
import type { ModelStep, Step } from './plan.ts';

/** The catalog as later statements of the program see it. */
export function catalogAfter(catalog: Catalog, statement: { readonly kind: string }, step: Step): Catalog {
  if (step.kind === 'train') return withTrainedModel(catalog, step.training.into, step.name);
  return step.kind === 'model' ? afterAction(catalog, statement as ModelStatement, step) : catalog;
}

function afterAction(catalog: Catalog, statement: ModelStatement, step: ModelStep): Catalog {
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
  return withNewVersion(catalog, madeModel(action, statement, step.name, catalog), action.name);
}

function withNewVersion(catalog: Catalog, made: CatalogModel | null, name: string): Catalog {
  const others = catalog.models.map((known) => withCurrent(known, name, () => false));
  return {
    ...catalog,
    models: made === null ? others : [...others, made],
    knownNames: [...catalog.knownNames, name],
  };
}

/** @param madeBy the step that trains it */
export function withTrainedModel(catalog: Catalog, name: string, madeBy: string): Catalog {
  const owner = ownerOf(name, catalog);
  const known = { kind: 'tabular', digest: null, classNames: null, base: null, simulation: null } as const;
  const registered = { ...known, version: null, isCurrent: true, owner, location: 'database', madeBy } as const;
  return withNewVersion(catalog, { name, file: name, registered }, name);
}

const ownerOf = (name: string, catalog: Catalog) =>
  catalog.models.find((known) => known.name === name && known.registered !== undefined)?.registered?.owner ??
  catalog.actor.user;

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
  const owner = ownerOf((statement as CreateModelStatement).model.text, catalog);
  const common = { version: null, isCurrent: true, owner, madeBy: step } as const;
  if (action.does === 'create') {
    const location = action.storage;
    const { name, file, classNames, kind } = action;
    const registered = { ...common, digest: null, location, classNames, base: null, simulation: null };
    return { name, file, registered: { ...registered, ...(kind !== null && { kind }) } };
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
