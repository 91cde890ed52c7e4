import { type Catalog, tableKey } from '../../catalog/catalog.ts';
import type { CatalogRepository, LabelledPictures } from '../../catalog/repository.ts';
import { MillraceError, type Span } from '../../errors.ts';
import { find } from '../../programs/find.ts';
import { askedClasses } from '../../programs/predicate/predicate.ts';
import type { SettingsOf } from '../../programs/programs.ts';
import type { FindStatement, Reference, RunStatement } from '../../sql/statement.ts';
import { findModel, needsPictures, readsColumns, unknownModel } from '../model-catalog.ts';
import type { Goal, Problem } from '../optimize/problem.ts';
import { withProfile } from '../profile.ts';
import { readSettings } from '../program-settings.ts';
import { mergeVolumes } from '../volumes.ts';
import { type Candidate, listCandidates } from './candidates.ts';
import { checkCoverage } from './check-coverage.ts';
import { type FindAttributes, readFindAttributes } from './find-attributes.ts';
import { readPredicate, spansOf } from './read-predicate.ts';
import { type ReadPresence, readPresence } from './read-presence.ts';

type Report = (error: MillraceError) => void;

/** A TO FIND as its plan is searched. */
export interface FindQuestion {
  readonly attributes: FindAttributes;
  /** Without the cascade, which the search finds. */
  readonly settings: SettingsOf<'find'>;
  readonly problem: Omit<Problem, 'models'> & { readonly models: readonly Candidate[] };
  readonly goal: Goal;
  readonly presence: ReadPresence;
}

const nothingKnown: CatalogRepository = { models: [], classNames: [], pictures: {} };

/**
 * Reads what a TO FIND asks for, of whom.
 * @param run the statement as one that runs the program over the rows of its query
 * @returns null after reporting its errors
 */
export function readFind(
  statement: FindStatement,
  run: RunStatement,
  catalog: Catalog,
  report: Report,
): FindQuestion | null {
  let failed = false;
  const note = (error: MillraceError) => {
    failed = true;
    report(error);
  };
  const repository = catalog.repository ?? nothingKnown;
  const written = readFindAttributes(statement.attributes, note);
  const attributes = { ...written, run: withProfile(written.run, statement.attributes, catalog, note) };
  const settings = readFindSettings(run, attributes, catalog, note);
  const known = new Map(repository.classNames.map((name) => [name.toLowerCase(), name]));
  const predicate = readPredicate(statement.predicate, known, note);
  const named = readModels(statement.models, repository, catalog, note);
  const labels = readLabels(statement, settings, repository, catalog, note);
  if (predicate === null || failed) return null;
  const classes = askedClasses(predicate);
  const place = placeOf(attributes, settings);
  const candidates = listCandidates(repository.models, named, classes, place);
  const spans = spansOf(statement.predicate);
  const spanOf = (name: string): Span => spans.get(name.toLowerCase()) ?? statement.predicate.span;
  if (!checkCoverage({ classes, candidates, models: repository.models, named, place, spanOf }, note)) return null;
  const presence = readPresence(classes, repository, labels);
  const problem = { predicate, classes, models: candidates, presence: presence.presence };
  return { attributes, settings, problem, goal: attributes.goal, presence };
}

function readFindSettings(
  run: RunStatement,
  { run: { gpu, volume }, options }: FindAttributes,
  catalog: Catalog,
  report: Report,
): SettingsOf<'find'> {
  const mounts = catalog.mounted ?? mergeVolumes(catalog.volumes, volume).map(({ mountPath }) => mountPath);
  const call = readSettings(
    { name: 'find', contract: find, options },
    { statement: run, gpu, mounts, catalog, report },
  );
  return call.settings as SettingsOf<'find'>;
}

function placeOf({ run: { gpu, cpu } }: FindAttributes, { device, batch }: SettingsOf<'find'>) {
  const isGpu = device === 'cuda' || (device === 'auto' && gpu > 0);
  return { device: isGpu ? 'cuda' : 'cpu', threads: Math.max(1, Math.ceil(cpu ?? 1)), batch } as const;
}

/** Names of the models after USING, as the repository has them. */
function readModels(
  references: readonly Reference[],
  { models }: CatalogRepository,
  catalog: Catalog,
  report: Report,
): readonly string[] {
  return references.flatMap((reference) => {
    const { text, span } = reference;
    if (readsColumns(findModel(text, catalog))) {
      report(needsPictures(reference));
      return [];
    }
    if (models.some(({ name }) => name === text)) return [text];
    const known = findModel(text, catalog);
    if (known === null) report(unknownModel(reference, catalog));
    else if (known.registered?.madeBy != null) report(madeHere(text, span));
    else report(unregistered(text, span));
    return [];
  });
}

function madeHere(name: string, span: Span): MillraceError {
  const message = `the classes of '${name}' are not known yet: an earlier statement of the program makes it`;
  return new MillraceError('UNKNOWN_MODEL', message, { span, hint: 'run CREATE MODEL in a program of its own, first' });
}

function unregistered(name: string, span: Span): MillraceError {
  const message = `the classes of '${name}' are not known: it is a file that is not registered and was not evaluated`;
  return new MillraceError('UNKNOWN_MODEL', message, {
    span,
    hint: `register it first: CREATE MODEL ${name} FROM '/models/${name}.onnx'`,
  });
}

function readLabels(
  { attributes }: FindStatement,
  { labels }: SettingsOf<'find'>,
  { pictures }: CatalogRepository,
  { database }: Catalog,
  report: Report,
): { readonly name: string; readonly pictures: LabelledPictures } | null {
  if (labels === null) return null;
  const span = attributes.findLast(({ name }) => name === 'labels')!.value.span;
  if ('column' in labels) {
    const message = 'labels names a selected column';
    report(new MillraceError('LABELS_UNUSABLE', message, { span, hint: 'name a table, such as coco_val.annotations' }));
    return null;
  }
  const name = tableKey({ ...labels, database: labels.database ?? database });
  const known = pictures[name];
  if (known === undefined) return null;
  if ('images' in known) return { name, pictures: known };
  report(new MillraceError('LABELS_UNUSABLE', known.problem, { span, hint: known.hint }));
  return null;
}
