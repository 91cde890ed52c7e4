import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogModel } from '../catalog/catalog-model.ts';
import { MillraceError } from '../errors.ts';
import type { ModelReference } from '../model-task.ts';
import { nearestName } from '../nearest-name.ts';
import type { Reference } from '../sql/statement.ts';

/** `yolov5s@3` names version 3. */
export function splitName(written: string): { readonly name: string; readonly version: number | null } {
  const [, name = written, version = null] = /^([^@]+)@(\d{1,9})$/.exec(written) ?? [];
  return { name, version: version === null ? null : Number(version) };
}

/** A registered version, or the file of that name in `/models`; a registered model hides a file. */
export function findModel(written: string, { models }: Catalog): CatalogModel | null {
  const { name, version } = splitName(written);
  const registered = models.find(
    (known) =>
      known.name === name &&
      known.registered !== undefined &&
      (version === null ? known.registered.isCurrent : known.registered.version === version),
  );
  return registered ?? models.find((known) => known.name === written && known.registered === undefined) ?? null;
}

/** The versions of a model that are known to the catalog. */
export function registeredVersions({ text }: Reference, { models }: Catalog): readonly CatalogModel[] {
  return models.filter(({ name, registered }) => name === text && registered !== undefined);
}

/** Whether a model reads columns of a table: it cannot be shown pictures. */
export function readsColumns(model: CatalogModel | null): boolean {
  return model?.registered?.kind === 'tabular';
}

/** An error at a place in the text that wants a model of pictures. */
export function needsPictures({ text, span }: Reference): MillraceError {
  const message = `the model '${text}' reads columns of a table, not pictures`;
  return new MillraceError('MODEL_UNSUPPORTED', message, {
    span,
    hint: `name a detector or a classifier; TO PREDICT … USING ${text} runs it over rows`,
  });
}

/** What the worker needs to find the file and to know that it is the registered one; null: an unregistered file. */
export function modelReference({ name, registered }: CatalogModel): ModelReference | null {
  if (registered === undefined) return null;
  const { version, digest, location, madeBy } = registered;
  return { name, version, digest, isInDatabase: location === 'database', madeBy };
}

/**
 * An error at a place in the text for a model that neither the registry nor `/models` has.
 * @param orElse what else could be written there
 */
export function unknownModel({ text, span }: Reference, catalog: Catalog, orElse = ''): MillraceError {
  const { name, version } = splitName(text);
  const versions = catalog.models.flatMap((known) => (known.name === name ? (known.registered?.version ?? []) : []));
  if (version !== null && versions.length > 0) return unknownVersion({ name, version, versions }, span);
  const names = catalog.knownNames;
  const nearest = nearestName(text, names);
  const known = names.length === 0 ? 'no models are known' : `known models: ${listed(names)}`;
  const hint = nearest === undefined ? known + orElse : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_MODEL', `unknown model '${text}'`, { span, hint });
}

interface MissingVersion {
  readonly name: string;
  readonly version: number;
  readonly versions: readonly number[];
}

function unknownVersion({ name, version, versions }: MissingVersion, span: Reference['span']): MillraceError {
  const hint = `its versions: ${listed(versions.map(String))}`;
  return new MillraceError('UNKNOWN_MODEL', `the model '${name}' has no version ${version}`, { span, hint });
}

const mostListed = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostListed).join(', ');
  return names.length > mostListed ? `${shown}, …` : shown;
}
