import { inBoth, readBuckets } from '../bucket-url.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { images } from '../catalog/images.ts';
import { loadCatalog, type Questions } from '../catalog/load-catalog.ts';
import { type CostQuestion, loadCosts, type TrainingQuestion } from '../catalog/load-costs.ts';
import { loadRepository, type RepositoryQuestions } from '../catalog/load-repository.ts';
import type { Profile } from '../catalog/profile.ts';
import type { Config } from '../config.ts';
import type { DatabasePools } from '../datasource/accounts.ts';
import { serverSqlMode } from '../datasource/sql-mode.ts';
import { hasForeignAccount } from '../engine/argo/config.ts';
import type { ModelActor } from '../model-task.ts';
import { mayReplace } from '../plan/check-sources.ts';
import { withCommandAttributes } from '../plan/command-attributes.ts';
import { spansOf } from '../plan/find/read-predicate.ts';
import { labelsNamedBy, namedTable, tablesOfLabels } from '../plan/label-tables.ts';
import type { Plan } from '../plan/plan.ts';
import { planProgram } from '../plan/plan-program.ts';
import { plannedEstimator } from '../plan/train/plan-train.ts';
import { tableReferences } from '../sql/facts/facts.ts';
import { type LexicalMode, lexicalMode } from '../sql/lexical-mode.ts';
import { parseProgram } from '../sql/parse.ts';
import type {
  EvaluateStatement,
  ExplainStatement,
  FindStatement,
  OptimizeStatement,
  PredictStatement,
  Program,
  Query,
  RunStatement,
  SqlStatement,
} from '../sql/statement.ts';
import type { TableTarget } from '../task.ts';
import { searchCascades } from './find/search-cascades.ts';

/** Turns a program's text into a plan, with the help of the database and the catalog. */
export interface Planner {
  /** The mode in which the database reads standard SQL in a new session. @throws {MillraceError} DATABASE_… */
  mode(): Promise<LexicalMode>;
  /**
   * @param mode of the session that runs it; default: that of a new session
   * @throws {MillraceError} the errors in the text, with their places; DATABASE_…
   */
  parse(text: string, mode?: LexicalMode): Promise<Program>;
  /**
   * @throws {MillraceError} the errors in the program, with their places; DATABASE_…, BUCKETS_INVALID, SEARCH_TOO_LARGE
   */
  plan(program: Program, actor: ModelActor, options?: PlanOptions): Promise<Plan>;
}

export interface PlanOptions {
  /** Those that the user may read; default: all of MILLRACE_BUCKETS. */
  readonly buckets?: readonly string[] | undefined;
  /** Stops the search for models. */
  readonly signal?: AbortSignal;
}

/** @param engine its environment, and the administrator's profiles */
export function openPlanner(
  pools: DatabasePools,
  config: Config,
  engine: { readonly environment: NodeJS.ProcessEnv; readonly profiles: readonly Profile[] },
): Planner {
  const mode = async () => lexicalMode(await serverSqlMode(pools.users));
  return {
    mode,
    parse: async (text, given) => parseProgram(text, given ?? (await mode())),
    async plan(program, actor, { buckets, signal = new AbortController().signal } = {}) {
      const [first, ...others] = program.statements;
      const isAlone = first?.kind === 'standard' && others.length === 0;
      if (isAlone) return planProgram(program, nothingKnown);
      const known = await loadCatalog(pools, config, questionsOf(program), actor);
      const costs = await loadCosts(pools, config, costQuestions(program), trainingQuestions(program));
      const ofAll = readBuckets(engine.environment.MILLRACE_BUCKETS ?? '');
      const catalog: Catalog = {
        ...known,
        costs,
        otherImagesAccount: hasForeignAccount(engine.environment),
        profiles: engine.profiles,
        buckets: buckets === undefined ? ofAll : inBoth(ofAll, buckets),
      };
      const questions = repositoryQuestions(program);
      if (questions === null) return planProgram(program, catalog);
      const repository = await loadRepository(pools, config.schema, known.database, questions);
      const cascades = await searchCascades(program, { ...catalog, repository }, signal);
      return planProgram(program, { ...catalog, repository, cascades });
    },
  };
}

/** A single standard statement uses nothing from the catalog and waits for no other statement. */
const nothingKnown: Catalog = {
  images: [],
  otherImages: false,
  otherImagesAccount: false,
  models: [],
  knownNames: [],
  actor: { user: '', isAdmin: false },
  otherModels: false,
  volumes: [],
  mounted: null,
  database: null,
  parallelism: 1,
  mostPods: 1,
  sharedSession: true,
  views: [],
  viewDefinitions: {},
  queries: {},
  tables: {},
};

/** A statement that runs a program over the rows of its query. */
type RowsStatement =
  | RunStatement
  | PredictStatement
  | EvaluateStatement
  | ExplainStatement
  | FindStatement
  | OptimizeStatement;

function runsOverRows(statement: SqlStatement): statement is RowsStatement {
  return ['run', 'predict', 'evaluate', 'explain', 'find', 'optimize'].includes(statement.kind);
}

/** The queries whose columns matter. */
function queriesOf(statement: SqlStatement): readonly Query[] {
  if (statement.kind === 'train')
    return statement.validation === null ? [statement.query] : [statement.query, statement.validation];
  return runsOverRows(statement) ? [statement.query] : [];
}

function targetsOf(statement: RowsStatement): readonly TableTarget[] {
  if (statement.kind === 'run') return statement.into;
  if (statement.kind === 'explain') return statement.into === null ? [] : [statement.into];
  if (statement.kind !== 'predict') return [statement.into];
  const { database, table, column } = statement.into;
  // With a model of pictures, `a.b` is the table `b` of the database `a`.
  return column === null || database !== null
    ? [{ database, table }]
    : [
        { database, table },
        { database: table, table: column },
      ];
}

function questionsOf(program: Program): Questions {
  const runs = program.statements
    .map((statement, index) => ({ statement, first: index === 0 }))
    .flatMap(({ statement, first }) => (runsOverRows(statement) ? [{ statement, first }] : []));
  return {
    queries: program.statements.flatMap((statement, index) =>
      queriesOf(statement).map(({ text }) => ({ text, afterOthers: index > 0 })),
    ),
    sources: runs.flatMap(({ statement }) =>
      mayReplace(withCommandAttributes(statement, { images }))
        ? [...statement.query.facts.references, ...labelsNamed(statement).flatMap(tablesOfLabels)]
        : [],
    ),
    sourcesOf: tableReferences,
    models: program.statements.flatMap(mayNameModels),
    tables: runs.flatMap(({ statement, first }) =>
      first ? targetsOf(statement).slice(0, statement.kind === 'predict' ? 2 : 1) : [],
    ),
    labels: runs.flatMap(({ statement }) => labelsNamed(statement)),
  };
}

function labelsNamed(statement: RowsStatement): readonly TableTarget[] {
  const label = labelsNamedBy(statement);
  return label === null ? [] : [namedTable(label.text)];
}

/** null: no statement is TO FIND. */
function repositoryQuestions({ statements }: Program): RepositoryQuestions | null {
  const finds = statements.filter((statement) => statement.kind === 'find');
  if (finds.length === 0) return null;
  return {
    words: finds.flatMap(({ predicate }) => [...spansOf(predicate).keys()]),
    models: finds.flatMap(({ models }) => models.map(({ text }) => text)),
    labels: finds.flatMap(labelsNamed),
  };
}

/** The steps that run a model, as far as their commands tell. */
function costQuestions({ statements }: Program): readonly CostQuestion[] {
  return statements.flatMap((statement) => {
    if (statement.kind !== 'run' && statement.kind !== 'evaluate') return [];
    const model =
      statement.kind === 'evaluate'
        ? statement.model.text
        : statement.command.flatMap(({ value }) => /^--(?:model|weights)=(.*)$/s.exec(value)?.[1] ?? [])[0];
    if (model === undefined) return [];
    const partitions = statement.attributes.findLast(({ name }) => name === 'partitions')?.value;
    const isCounted = partitions !== undefined && partitions.kind !== 'number' && statement.query.facts.effect === null;
    return [{ model, query: statement.query.text, isCounted }];
  });
}

function trainingQuestions({ statements }: Program): readonly TrainingQuestion[] {
  return statements.flatMap((statement) => {
    if (statement.kind !== 'train') return [];
    const { estimator, query } = statement;
    const known = plannedEstimator(estimator.text);
    return known === null ? [] : [{ estimator: known, query: query.text, isCountable: query.facts.effect === null }];
  });
}

/** Words of a statement that may name a model. */
function mayNameModels(statement: SqlStatement): readonly string[] {
  switch (statement.kind) {
    case 'run':
      return statement.command.flatMap(({ value }) => [value, value.slice(value.indexOf('=') + 1)]).filter(isModelName);
    case 'createModel':
      return [statement.model, ...(statement.like === null ? [] : [statement.like])].map(({ text }) => text);
    case 'describeModel':
    case 'showTrain':
    case 'showTrials':
    case 'dropModel':
    case 'setModel':
    case 'evaluate':
    case 'explain':
      return [statement.model.text];
    case 'train':
      return [statement.into, ...(statement.using === null ? [] : [statement.using])].map(({ text }) => text);
    case 'predict':
      return [statement.using.text];
    case 'find':
      return statement.models.map(({ text }) => text);
    default:
      return [];
  }
}

const isModelName = (word: string) => /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,140}$/.test(word);
