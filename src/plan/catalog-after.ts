import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogModel } from '../catalog/catalog-model.ts';
import type { ModelAction } from '../model-task.ts';
import type { CreateModelStatement, ModelStatement } from '../sql/statement.ts';
import { findModel, registeredVersions } from './model-catalog.ts';
import type { ModelStep } from './plan.ts';

/** The catalog as later statements of the program see it. */
export function catalogAfter(catalog: Catalog, statement: ModelStatement, step: ModelStep): Catalog {
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
  const owner = registeredVersions((statement as CreateModelStatement).model, catalog)[0]?.registered?.owner ?? user;
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
