import { type Static, type TSchema, Type } from 'typebox';
import { statementStates } from '../ledger/statement-states.ts';

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
  done: count('rows worked off'),
  failed: count('of these, rows that failed'),
  detections: count('written to the result'),
  attempts: count('how often a worker has begun it'),
});

const StepStatus = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['sql', 'run', 'foreign'], {
    description: 'standard SQL, TO RUN on the worker, TO RUN of another image',
  }),
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
    detections: count('rows written'),
    imagesPerSecond: nullable(Type.Number({ description: 'over the whole step so far' })),
    secondsLeft: nullable(Type.Number()),
  },
  { description: 'of the step that is running, or of the last that ran' },
);

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

const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'one of the schema ErrorCode' }),
    hint: Type.String(),
    statement: Type.Optional(
      Type.String({
        description: 'the id of what this request has submitted, or may have: ask for it before you try again',
      }),
    ),
    position: Type.Optional(Type.Object({ line: Type.Integer({ minimum: 1 }), column: Type.Integer({ minimum: 1 }) })),
    excerpt: Type.Optional(Type.String({ description: 'the place in the SQL, with a caret' })),
    related: Type.Optional(Type.Array(Type.Object({ detail: Type.String(), code: Type.String() }))),
  },
  { $id: 'Problem', description: 'An error: https://www.rfc-editor.org/rfc/rfc9457' },
);
const problem = { description: 'A problem', content: { 'application/problem+json': { schema: Problem } } };
export const problems = { '4xx': problem, '5xx': problem };

const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

/** Names and values of labels are short, so that they can be searched for. */
const Labels = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$' }),
  Type.String({ maxLength: 255 }),
  {
    maxProperties: 16,
    additionalProperties: false,
    description:
      'an object of at most 16 labels: names of letters, digits and . _ / -, texts of at most 255 characters',
  },
);

export const Program = {
  sql: Type.String({ minLength: 1, description: 'one statement or several' }),
  datasource: Type.Optional(Type.String({ description: 'one of /v1/datasources; left out: the first' })),
  parameters: Type.Optional(
    Type.Union([Type.Array(Scalar), Type.Record(Type.String(), Scalar)], {
      description: 'values of `?`, as an array, or of `:name`, as an object',
    }),
  ),
};

export const Submission = Type.Object(
  {
    ...Program,
    wait: Type.Optional(
      Type.Number({ minimum: 0, maximum: 60, description: 'seconds to wait for the end before 202; 10 if left out' }),
    ),
    labels: Type.Optional(Labels),
  },
  { additionalProperties: false },
);
export type Submission = Static<typeof Submission>;

export const Submitted = Type.Intersect([Statement, Type.Object({ result: nullable(ResultPage) })]);
