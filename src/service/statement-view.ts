import { queuePositions, readLabels, readTransitions, type Transition } from '../ledger/history.ts';
import { listResults, type StoredResult } from '../ledger/results.ts';
import type { StatementStatus, StepStatus } from '../ledger/statement-status.ts';
import { isoTime } from '../ledger/times.ts';
import { predictionOf } from '../plan/cost/step-cost.ts';
import type { Step } from '../plan/plan.ts';
import { outputsOf, programOf, runStep, tablesInto } from '../plan/step-facts.ts';
import type { TableTarget } from '../task.ts';
import { askedModels } from './asked-models.ts';
import type { Datasource, LinkTemplates } from './datasource.ts';
import { findFigures } from './find/find-figures.ts';
import type { AnsweredStatement } from './small-read.ts';
import type { Statement } from './statement.ts';

/** The parts of a datasource that a view of its statements needs. */
type Viewed = Pick<Datasource, 'name' | 'pool' | 'schema' | 'links'>;

/** A statement as users see it, with its labels, results and place in the queue. */
export async function viewStatement(datasource: Viewed, status: StatementStatus): Promise<Statement> {
  const [view] = await viewStatements(datasource, [status]);
  return view!;
}

export async function viewStatements(
  { name, pool, schema, links }: Viewed,
  statuses: readonly StatementStatus[],
): Promise<readonly Statement[]> {
  const ids = statuses.map(({ id }) => id);
  const labels = await readLabels(pool, schema, ids);
  const results = await listResults(pool, schema, ids);
  const queued = statuses.filter(({ state }) => state === 'queued').map(({ id }) => id);
  const positions = await queuePositions(pool, schema, queued);
  return statuses.map((status) =>
    statementView(status, {
      datasource: name,
      labels: labels.get(status.id) ?? {},
      results: results.get(status.id) ?? [],
      links,
      queuePosition: positions.get(status.id) ?? null,
    }),
  );
}

/** A small query that was answered at once. */
export function answeredStatement(
  { name, links }: Pick<Viewed, 'name' | 'links'>,
  { status, result: { columns, rows } }: AnsweredStatement,
  labels: Statement['labels'],
): Statement {
  const result = { step: status.steps[0]!.name, columns, rows: rows.length, truncated: false };
  return statementView(status, { datasource: name, labels, results: [result], links, queuePosition: null });
}

/** A change of a statement, as sent to its followers. */
export interface StatementChange {
  readonly statement: Statement;
  /** All transitions so far. */
  readonly transitions: readonly Transition[];
}

export async function statementChange(datasource: Viewed, status: StatementStatus): Promise<StatementChange> {
  const [transitions, statement] = await Promise.all([
    readTransitions(datasource.pool, datasource.schema, status.id, 0),
    viewStatement(datasource, status),
  ]);
  return { statement, transitions };
}

export interface ViewParts {
  readonly datasource: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly results: readonly StoredResult[];
  readonly links: LinkTemplates;
  /** Position in the queue, starting at 1; null if the statement is not queued. */
  readonly queuePosition: number | null;
}

export function statementView(status: StatementStatus, parts: ViewParts): Statement {
  const { id, plan, text, steps, error } = status;
  const planned = new Map(plan.steps.map((step) => [step.name, step]));
  return {
    id,
    state: status.state,
    queuePosition: parts.queuePosition,
    sql: text,
    datasource: parts.datasource,
    submittedBy: status.submittedBy,
    labels: { ...parts.labels },
    submittedAt: isoTime(status.submittedAt),
    startedAt: status.startedAt === null ? null : isoTime(status.startedAt),
    finishedAt: status.finishedAt === null ? null : isoTime(status.finishedAt),
    error,
    steps: steps.map((step) => stepView(step, planned.get(step.name))),
    progress: progressOf(status),
    results: resultsOf(status, parts.results),
    links: linksOf(status, parts.links),
  };
}

function stepView(step: StepStatus, planned: Step | undefined): Statement['steps'][number] {
  const { name, state, error, rows, affectedRows, partitions, timings, progress } = step;
  const into = planned === undefined ? null : intoOf(planned);
  return {
    name,
    kind: planned?.kind ?? 'sql',
    program: planned === undefined ? null : programOf(planned),
    outputs: planned === undefined ? null : outputsOf(planned),
    state,
    error,
    into: into && tableName(into),
    rows,
    affectedRows,
    partitions: [...partitions],
    models: askedModels(planned, step),
    find: findFigures(planned, step),
    predicted: planned === undefined ? null : predictedOf(planned, rows),
    timings: timings ?? null,
    ...(progress !== undefined && { progress: { ...progress, metrics: { ...progress.metrics } } }),
  };
}

/** What the step is predicted to take, for the rows that were selected or counted before. */
function predictedOf(planned: Step, rows: number | null): Statement['steps'][number]['predicted'] {
  const run = runStep(planned);
  const images = rows ?? run?.cost?.images ?? null;
  if (run?.cost === undefined || images === null || images === 0) return null;
  const { memory, measured } = run.cost;
  return { ...predictionOf(run.cost, images, run.partitions), memory, measured: { ...measured } };
}

/** The table that a step writes; for a step that runs another image, the first one. */
export function intoOf(step: Step): TableTarget | null {
  return tablesInto(step)[0] ?? null;
}

function tableName({ database, table }: TableTarget): string {
  return database === null ? table : `${database}.${table}`;
}

/** Progress of the running step, or of the last step that ran. */
function progressOf({ steps, finishedAt }: StatementStatus): Statement['progress'] {
  const selected = steps.filter(({ rows }) => rows !== null);
  const step = selected.find(({ state }) => state === 'running') ?? selected.at(-1);
  if (step === undefined) return null;
  const sum = (of: (partition: StepStatus['partitions'][number]) => number) =>
    step.partitions.reduce((total, partition) => total + of(partition), 0);
  const [done, total] = [sum(({ done }) => done), step.rows ?? 0];
  const speed = speedOf(step, done, finishedAt);
  return {
    step: step.name,
    done,
    total,
    failed: sum(({ failed }) => failed),
    outputs: sum(({ outputs }) => outputs),
    rowsPerSecond: speed,
    secondsLeft: speed === null || step.state !== 'running' ? null : Math.round((total - done) / speed),
  };
}

/** Rows per second since the step's first worker started. */
function speedOf(step: StepStatus, done: number, finishedAt: string | null): number | null {
  if (step.startedAt === null || done === 0) return null;
  const end = finishedAt === null ? Date.now() : Date.parse(isoTime(finishedAt));
  const seconds = (end - Date.parse(isoTime(step.startedAt))) / 1000;
  return seconds > 0 ? Math.round((done / seconds) * 10) / 10 : null;
}

/** Rows that queries returned and tables that were written, in the order of the steps. */
function resultsOf({ plan, steps }: StatementStatus, stored: readonly StoredResult[]): Statement['results'] {
  const written = new Set(steps.filter(({ state }) => state === 'succeeded').map(({ name }) => name));
  const kept = new Map(stored.map((result) => [result.step, result]));
  return plan.steps.flatMap((step): Statement['results'] => {
    const rows = kept.get(step.name);
    if (rows !== undefined) {
      const columns = rows.columns.map(({ name, type }) => ({ name, type }));
      return [{ step: step.name, kind: 'rows', table: null, columns, rows: rows.rows, truncated: rows.truncated }];
    }
    const into = intoOf(step);
    if (into === null || !written.has(step.name)) return [];
    return [{ step: step.name, kind: 'table', table: tableName(into), columns: null, rows: null, truncated: false }];
  });
}

function linksOf({ id, hasWorkflow }: StatementStatus, { argo, grafana }: LinkTemplates): Statement['links'] {
  const self = `/v1/statements/${id}`;
  const of = (part: string) => `${self}/${part}`;
  return {
    self,
    events: of('events'),
    logs: of('logs'),
    result: of('result'),
    plan: of('plan'),
    workflow: hasWorkflow ? of('workflow') : null,
    argo: hasWorkflow ? (argo?.replaceAll('{id}', id) ?? null) : null,
    grafana: grafana?.replaceAll('{id}', id) ?? null,
  };
}
