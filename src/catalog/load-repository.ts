import type { Pool } from 'mysql2/promise';
import type { DatabasePools } from '../datasource/accounts.ts';
import { figuresOfFiles, figuresOfName, type ModelEvaluation, type ModelFigures } from '../ledger/model-figures.ts';
import { listModels, type ModelVersion, readVersions } from '../ledger/registry.ts';
import type { TableTarget } from '../task.ts';
import { tableKey } from './catalog.ts';
import { loadPictures } from './load-pictures.ts';
import { catalogModel, unregisteredModel } from './named-models.ts';
import type { CatalogRepository, KnownEvaluation, KnownModel, LabelledPictures, UnusableLabels } from './repository.ts';

/** What the planner needs to know for the predicates of a program. */
export interface RepositoryQuestions {
  /** Words that may be names of classes. */
  readonly words: readonly string[];
  /** Models named after USING. */
  readonly models: readonly string[];
  /** Tables of labels. */
  readonly labels: readonly TableTarget[];
}

/** Models are read in pages: a registry may hold ten thousand. */
const pageSize = 200;

/** Reads which models know the classes, and what they cost and how accurate they are by their latest measurements. */
export async function loadRepository(
  { system, tables }: DatabasePools,
  schema: string,
  database: string | null,
  { words, models: named, labels }: RepositoryQuestions,
): Promise<CatalogRepository> {
  const asked = new Set(words.map((word) => word.toLowerCase()));
  const classNames = new ClassNames();
  const found: KnownModel[] = [];
  for await (const page of candidates(system, schema, named)) {
    for (const { classNames: own } of page) classNames.add(own);
    found.push(...(await knownModels(system, schema, page, asked)));
  }
  found.push(...(await unregistered(system, schema, named, found, asked)));
  for (const { classNames: own } of found) classNames.add(own);
  const pictures: Record<string, LabelledPictures | UnusableLabels> = {};
  for (const table of labels) {
    const at = { ...table, database: table.database ?? database };
    pictures[tableKey(at)] ??= await loadPictures(tables, at, asked);
  }
  return {
    models: found.sort((a, b) => (a.name < b.name ? -1 : 1)),
    classNames: classNames.sorted(),
    pictures,
  };
}

/** Names of the classes that registered models know, in alphabetical order. */
export async function listClasses(pool: Pool, schema: string): Promise<readonly string[]> {
  const classNames = new ClassNames();
  for await (const page of candidates(pool, schema, [])) for (const { classNames: own } of page) classNames.add(own);
  return classNames.sorted();
}

/** Names of classes, each once in whatever case. */
class ClassNames {
  readonly #names = new Map<string, string>();

  add(names: readonly string[]): void {
    for (const name of names) if (!this.#names.has(name.toLowerCase())) this.#names.set(name.toLowerCase(), name);
  }

  sorted(): readonly string[] {
    return [...this.#names.values()].sort();
  }
}

interface Candidate {
  /** As the statement writes it, or would. */
  readonly name: string;
  readonly isNamed: boolean;
  readonly version: ModelVersion;
  /** What it simulates, or itself; undefined: nobody has registered what it simulates. */
  readonly base: ModelVersion | undefined;
  readonly classNames: readonly string[];
}

/** The current versions of all models with files, and the named versions. */
async function* candidates(pool: Pool, schema: string, named: readonly string[]): AsyncGenerator<readonly Candidate[]> {
  const bareNames = new Set(named.map(bareName));
  const names = (await listModels(pool, schema, null))
    .filter(({ kind, name }) => kind === 'detector' || kind === 'classifier' || bareNames.has(name))
    .map(({ name }) => name);
  for (let start = 0; start < names.length; start += pageSize) {
    const versions = await readVersions(pool, schema, names.slice(start, start + pageSize));
    const bases = await readVersions(pool, schema, [
      ...new Set(versions.flatMap(({ base }) => (base === null ? [] : [bareName(base)]))),
    ]);
    yield versions.flatMap((version): readonly Candidate[] => {
      const written = `${version.name}@${version.version}`;
      const isNamed = named.includes(written) || (version.isCurrent && named.includes(version.name));
      if (!version.isCurrent && !isNamed) return [];
      const base = version.base === null ? version : bases.find((each) => isCalled(each, version.base!));
      const classNames = classNamesOf(version, base);
      const name = version.isCurrent && !named.includes(written) ? version.name : written;
      return [{ name, isNamed, version, base, classNames }];
    });
  }
}

const bareName = (name: string) => name.replace(/@\d{1,9}$/, '');

function isCalled({ name, version, isCurrent }: ModelVersion, written: string): boolean {
  return written === `${name}@${version}` || (isCurrent && written === name);
}

/** A simulated model knows the classes of its base, or some of them. */
function classNamesOf({ simulation }: ModelVersion, base: ModelVersion | undefined): readonly string[] {
  const names = base?.facts.classNames ?? [];
  const ids = simulation?.classCoverage ?? null;
  return ids === null ? names : ids.flatMap((id) => names[id] ?? []);
}

/** Those that know a class, and those that are named. */
async function knownModels(
  pool: Pool,
  schema: string,
  page: readonly Candidate[],
  asked: ReadonlySet<string>,
): Promise<readonly KnownModel[]> {
  const isAsked = (name: string) => asked.has(name.toLowerCase());
  const wanted = page.filter(({ isNamed, classNames }) => isNamed || classNames.some(isAsked));
  const figures = await figuresOfFiles(
    pool,
    schema,
    wanted.flatMap(({ base }) => base?.digest ?? []),
  );
  const known = wanted.map(async ({ name, version, base, classNames }): Promise<KnownModel> => {
    const isSimulated = version.base !== null;
    const { timings, evaluation } = base?.digest ? figures(base.digest) : { timings: [], evaluation: null };
    const own = isSimulated ? (await figuresOfName(pool, schema, version.name, version.version)).evaluation : null;
    return {
      name,
      model: catalogModel(version, isSimulated && base !== undefined ? [base] : []),
      kind: (base ?? version).kind === 'classifier' ? 'classifier' : 'detector',
      classNames: classNames.filter(isAsked),
      timings,
      evaluation: knownEvaluation(own ?? evaluation, asked),
    };
  });
  return Promise.all(known);
}

/** Files in `/models` that nobody has registered: only their evaluations tell which classes they know. */
async function unregistered(
  pool: Pool,
  schema: string,
  named: readonly string[],
  registered: readonly KnownModel[],
  asked: ReadonlySet<string>,
): Promise<readonly KnownModel[]> {
  const names = new Set(registered.map(({ name }) => name));
  const known: KnownModel[] = [];
  for (const name of new Set(named)) {
    if (names.has(name)) continue;
    const figures: ModelFigures = await figuresOfName(pool, schema, name, null);
    if (figures.evaluation === null) continue;
    const evaluation = knownEvaluation(figures.evaluation, asked);
    known.push({
      name,
      model: unregisteredModel(name),
      // Of a classifier no average precision is measured.
      kind: figures.evaluation.perClass.every(({ ap }) => ap === null) ? 'classifier' : 'detector',
      classNames: (evaluation?.classes ?? []).map((each) => each.name),
      timings: figures.timings,
      evaluation,
    });
  }
  return known;
}

function knownEvaluation(evaluation: ModelEvaluation | null, asked: ReadonlySet<string>): KnownEvaluation | null {
  if (evaluation === null) return null;
  const { measuredAt, images, perClass } = evaluation;
  const classes = perClass.flatMap(({ name, right, wrong, shown = null }) => {
    if (!asked.has(name.toLowerCase()) || right === null || wrong === null || right + wrong === 0) return [];
    return [{ name, accuracy: right / (right + wrong), presence: shown === null ? null : shown / (right + wrong) }];
  });
  return { measuredAt, images, classes };
}
