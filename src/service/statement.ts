import { type Static, type TSchema, Type } from 'typebox';
import { statementStates } from '../ledger/statement-states.ts';
import { planVersion } from '../plan/plan.ts';
import { stepKinds } from '../plan/step-facts.ts';

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const time = (description: string) => Type.String({ format: 'date-time', description });
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const StatementState = Type.Enum(statementStates, {
  description: '`interrupted`: the engine that ran it died; retry resumes it',
});

const StatementError = Type.Object({
  code: Type.String({ description: 'a code of /docs/errors' }),
  message: Type.String(),
  hint: nullable(Type.String()),
});

const PartitionStatus = Type.Object({
  number: count('starts at 0'),
  state: Type.Enum(['pending', 'running', 'done']),
  rows: count('rows of the partition'),
  done: count('rows processed'),
  failed: count('failed rows among these'),
  outputs: count('result rows written'),
  attempts: count('number of times that a worker started it'),
});

const seconds = (description: string) => Type.Number({ minimum: 0, description });

const Prediction = Type.Object(
  {
    seconds: seconds('from the selection of the rows to the end of the last partition'),
    imagesPerSecond: Type.Number(),
    memory: nullable(Type.Number({ description: 'bytes of a partition; null if it was not measured' })),
    measured: Type.Object(
      {
        at: time('when the latest of the runs was measured'),
        device: Type.String({ description: 'cpu, with its threads if there are several, or cuda' }),
        batch: count('images that the model took at once'),
        runs: count('number of runs'),
        images: count('images of all runs'),
      },
      { description: 'the runs of the model that it is predicted from' },
    ),
  },
  { description: 'what the step is predicted to take, by the measurements of its model' },
);

const Timings = Type.Object(
  {
    seconds: seconds('from the selection of the rows to the end of the last partition'),
    startSeconds: seconds('beside the rows: workers start, each loads the model once'),
    rows: count('processed rows'),
    partitions: count('partitions with rows'),
    atOnce: count('maximum number of workers that ran at the same time'),
    decodeMs: Type.Number({ description: 'milliseconds of a row: reading and decoding its files' }),
    inferMs: Type.Number({ description: "milliseconds of a row: its share of its batch's inference" }),
    totalMs: Type.Number({ description: 'milliseconds of a row in its partition, where rows overlap' }),
    peakMemory: Type.Number({ description: 'bytes of the largest worker' }),
    device: Type.String({ description: 'cpu, with its threads if there are several, or cuda' }),
    batch: count('images that the model took at once'),
    digest: Type.String({ description: 'SHA-256 of the file of the model' }),
  },
  { description: 'what the step took; null if it is not done, or if a partition was started more than once' },
);

const AskedModel = Type.Object({
  name: Type.String(),
  classes: Type.Array(Type.String(), { description: 'classes that it is asked about' }),
  asked: count('images that reached it; failed ones do not count'),
  decided: count('images after whose answer no other model had to be asked'),
  reused: count('images among the asked ones that a stored answer answered'),
  inferMs: nullable(Type.Number({ description: 'milliseconds of inference of an image; null if it was not run' })),
  predicted: Type.Object({
    asked: Type.Number({ description: 'share of the images that reach it, 0 to 1' }),
    totalMs: nullable(Type.Number({ description: 'milliseconds of an image; null if it was not measured' })),
  }),
});

const FindFigures = Type.Object(
  {
    strategy: Type.Enum(['baseline', 'basic', 'order']),
    predicted: Type.Object({
      costMs: Type.Number({ description: 'milliseconds of inference of an image, on average' }),
      accuracy: Type.Number({ description: 'probability that all answers are right' }),
      agreement: nullable(
        Type.Number({
          description: 'probability that an image is rightly found or rightly not found; null: not computed',
        }),
      ),
    }),
    actual: Type.Object({
      costMs: nullable(Type.Number({ description: 'so far; stored answers cost nothing; null: no image is done yet' })),
      agreement: nullable(
        Type.Number({ description: 'share of the labelled images; null: no labels are given, or it is not done' }),
      ),
      labelled: nullable(count('labelled images')),
    }),
  },
  { description: 'cost and accuracy of TO FIND, predicted and actual' },
);

const StepProgress = Type.Object(
  {
    unit: Type.Enum(['package', 'row', 'epoch', 'round', 'unit'], {
      description: "what it is counted in: the trainer's packages are installed once, then rows are selected",
    }),
    done: count('number of units done'),
    total: nullable(count('null if it is not known')),
    metrics: Type.Record(Type.String(), nullable(Type.Number()), { description: 'the latest metrics by name' }),
  },
  { description: 'how far TO TRAIN is; absent for a step of another kind, and before it starts' },
);

const StepStatus = Type.Object({
  name: Type.String(),
  kind: Type.Enum([...stepKinds], {
    description: 'standard SQL, TO RUN on the worker, TO RUN of another image, a statement about models, TO TRAIN',
  }),
  program: nullable(
    Type.String({ description: 'program that the worker runs over the rows; null for a step of another kind' }),
  ),
  outputs: nullable(
    Type.String({ description: 'what the rows of its result are, such as detections; null as with program' }),
  ),
  state: Type.Enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']),
  error: nullable(StatementError),
  into: nullable(Type.String({ description: 'the result table' })),
  rows: nullable(count('selected rows; null if not selected yet, or for standard SQL')),
  affectedRows: nullable(
    count('rows that standard SQL inserted, changed or deleted; null before that, or for a step of another kind'),
  ),
  partitions: Type.Array(PartitionStatus),
  models: nullable(
    Type.Array(AskedModel, {
      description: 'models that TO FIND asks, in their order, so far; null for a step of another kind',
    }),
  ),
  find: nullable(FindFigures),
  predicted: nullable(Prediction),
  timings: nullable(Timings),
  progress: Type.Optional(StepProgress),
});

const Progress = Type.Object(
  {
    step: Type.String(),
    done: count('processed rows'),
    total: count('selected rows'),
    failed: count('failed rows among the processed ones'),
    outputs: count('result rows written'),
    rowsPerSecond: nullable(Type.Number({ description: 'average since the step started' })),
    secondsLeft: nullable(Type.Number()),
  },
  { description: 'progress of the running step, or of the last step that ran' },
);

/** A plan as stored; its steps are not described. */
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
  rows: nullable(count('number of stored rows; null if the rows are in a table')),
  truncated: Type.Boolean({ description: 'whether the query returned more rows than are stored' }),
});

const link = (description: string) => Type.String({ description });
const Links = Type.Object({
  self: link('this statement'),
  events: link('its changes, as server-sent events'),
  logs: link("the workers' logs"),
  result: link('its rows'),
  plan: link('its plan'),
  workflow: nullable(link('its Argo workflow, as YAML')),
  argo: nullable(link("its workflow in Argo's UI")),
  grafana: nullable(link('its dashboard in Grafana')),
});

export const ResultPage = Type.Object({
  step: Type.String(),
  columns: Type.Array(Column),
  rows: Type.Array(Type.Array(Type.Unknown()), {
    description: 'bigint, decimal and times are strings, binary values are base64',
  }),
  next: nullable(Type.String({ description: 'cursor of the next page; null on the last page' })),
  truncated: Type.Boolean({ description: 'whether the query returned more rows than are stored' }),
});
export type ResultPage = Static<typeof ResultPage>;

export const Statement = Type.Object(
  {
    id: Type.String(),
    state: StatementState,
    queuePosition: nullable(
      count('position among the queued statements of its user, starting at 1; null if it is not queued'),
    ),
    sql: Type.String(),
    datasource: Type.String(),
    submittedBy: Type.String(),
    labels: Type.Record(Type.String(), Type.String()),
    submittedAt: time('when it was submitted'),
    startedAt: nullable(time('when it started to run')),
    finishedAt: nullable(time('when it ended')),
    error: nullable(StatementError),
    steps: Type.Array(StepStatus),
    progress: nullable(Progress),
    results: Type.Array(ResultReference),
    links: Links,
  },
  { $id: 'Statement', description: 'A submitted program and its progress' },
);
export type Statement = Static<typeof Statement>;
