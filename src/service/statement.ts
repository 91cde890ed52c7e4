import { type Static, type TSchema, Type } from 'typebox';
import { statementStates } from '../ledger/statement-states.ts';
import { planVersion } from '../plan/plan.ts';
import { stepKinds } from '../plan/step-facts.ts';

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const time = (description: string) => Type.String({ format: 'date-time', description });
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const StatementState = Type.Enum(statementStates, {
  description: '`interrupted`: the engine that ran it died; retry goes on with it',
});

const StatementError = Type.Object({
  code: Type.String({ description: 'one of the codes of /docs/errors' }),
  message: Type.String(),
  hint: nullable(Type.String()),
});

const PartitionStatus = Type.Object({
  number: count('from 0'),
  state: Type.Enum(['pending', 'running', 'done']),
  rows: count('rows of the partition'),
  done: count('rows processed'),
  failed: count('of these, rows that failed'),
  outputs: count('rows of the result written'),
  attempts: count('how often a worker has begun it'),
});

const StepStatus = Type.Object({
  name: Type.String(),
  kind: Type.Enum([...stepKinds], {
    description: 'standard SQL, TO RUN on the worker, TO RUN of another image',
  }),
  program: nullable(Type.String({ description: 'what the worker runs over the rows; null: of another kind' })),
  state: Type.Enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']),
  error: nullable(StatementError),
  into: nullable(Type.String({ description: 'the result table' })),
  rows: nullable(count('selected rows; null: not selected yet, or standard SQL')),
  affectedRows: nullable(
    count('rows that standard SQL inserted, changed or deleted; null: not yet, or it is of another kind'),
  ),
  partitions: Type.Array(PartitionStatus),
});

const Progress = Type.Object(
  {
    step: Type.String(),
    done: count('rows'),
    total: count('rows'),
    failed: count('rows'),
    outputs: count('rows of the result written'),
    rowsPerSecond: nullable(Type.Number({ description: 'over the whole step so far' })),
    secondsLeft: nullable(Type.Number()),
  },
  { description: 'of the step that is running, or of the last that ran' },
);

/** As it is stored, but for what its steps are. */
export const PlanDocument = Type.Object({
  kind: Type.Literal('plan'),
  version: Type.Literal(planVersion),
  steps: Type.Array(Type.Unknown()),
});

const Column = Type.Object({
  name: Type.String(),
  type: Type.String({
    description: 'integer, bigint, decimal, double, string, binary, date, time, datetime, timestamp, json',
  }),
});

const ResultReference = Type.Object({
  step: Type.String(),
  kind: Type.Enum(['rows', 'table'], { description: 'rows that a query returned, or the table that a step wrote' }),
  table: nullable(Type.String()),
  columns: nullable(Type.Array(Column)),
  rows: nullable(count('how many are kept; null: as many as the table has')),
  truncated: Type.Boolean({ description: 'the query returned more rows than are kept' }),
});

const link = (description: string) => Type.String({ description });
const Links = Type.Object({
  self: link('this statement'),
  events: link('server-sent events'),
  logs: link("the workers' lines"),
  result: link('its rows'),
  plan: link('what is run'),
  workflow: nullable(link("Argo's workflow, as YAML")),
  argo: nullable(link("the workflow in Argo's UI")),
  grafana: nullable(link('the dashboard of the statement')),
});

export const ResultPage = Type.Object({
  step: Type.String(),
  columns: Type.Array(Column),
  rows: Type.Array(Type.Array(Type.Unknown()), {
    description: 'bigint, decimal and times as strings, binary as base64',
  }),
  next: nullable(Type.String({ description: 'the cursor of the next page; null: this is the last' })),
  truncated: Type.Boolean({ description: 'the query returned more rows than are kept' }),
});
export type ResultPage = Static<typeof ResultPage>;

export const Statement = Type.Object(
  {
    id: Type.String(),
    state: StatementState,
    queuePosition: nullable(count('of a queued statement among those of its user, from 1')),
    sql: Type.String(),
    datasource: Type.String(),
    submittedBy: Type.String(),
    labels: Type.Record(Type.String(), Type.String()),
    submittedAt: time('when it was submitted'),
    startedAt: nullable(time('when it began to run')),
    finishedAt: nullable(time('when it ended')),
    error: nullable(StatementError),
    steps: Type.Array(StepStatus),
    progress: nullable(Progress),
    results: Type.Array(ResultReference),
    links: Links,
  },
  { $id: 'Statement', description: 'A program that was submitted, and how far it is' },
);
export type Statement = Static<typeof Statement>;
