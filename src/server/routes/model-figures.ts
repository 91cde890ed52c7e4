import { Type } from 'typebox';
import { MillraceError } from '../../errors.ts';
import { readMeasurements, type StoredMeasurement } from '../../ledger/measurements.ts';
import { type ModelVersion, readVersions } from '../../ledger/registry.ts';
import { isoTime } from '../../ledger/times.ts';
import { datasourceNamed } from '../../service/find-statement.ts';
import { paretoFront, plottedModels } from '../../service/models/model-chart.ts';
import { plotTraining } from '../../service/models/training-picture.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';
import { Datasource, ModelName } from './models.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const number = (description: string) => nullable(Type.Number({ description }));
const whole = (description: string) => nullable(Type.Integer({ description }));

const ClassMeasurement = Type.Object({
  classId: Type.Integer(),
  name: Type.String(),
  ap: number("COCO's AP at .50:.95"),
  right: whole('images about which the model is right that they show the class, or that they do not'),
  wrong: whole('images about which it is wrong'),
  shown: whole('images that show the class'),
  precision: number('share of its answers that are right'),
  recall: number('share of the objects that it finds'),
  images: whole('images that were measured'),
});

const Measurement = Type.Object({
  version: nullable(Type.Integer()),
  origin: Type.Enum(['run', 'evaluation', 'imported']),
  statement: nullable(Type.String({ description: 'id of the statement that measured it' })),
  measuredAt: Type.String({ format: 'date-time' }),
  device: nullable(Type.String()),
  batch: whole('images that the model took at once'),
  images: Type.Integer(),
  decodeMs: number('milliseconds of an image: reading and decoding'),
  inferMs: number('milliseconds of an image: inference'),
  totalMs: number('milliseconds of an image in all'),
  startS: number('seconds from the start of a worker to its first image'),
  peakMemory: number('bytes'),
  accuracy: nullable(
    Type.Record(Type.String(), nullable(Type.Number()), { description: 'figures by name: map, map50, top1, …' }),
  ),
  perClass: nullable(Type.Array(ClassMeasurement)),
});

const PlottedModel = Type.Object({
  name: Type.String(),
  group: Type.String({ description: 'the family, or the model that a simulated one is like' }),
  costMs: Type.Number({ description: 'milliseconds of an image' }),
  accuracy: Type.Number({ description: 'share of right answers, 0 to 1' }),
  isOnFront: Type.Boolean({ description: 'whether no other model is both cheaper and more accurate' }),
});

/** Measurements that are sent of each version. */
const mostMeasurements = 20;
const mostVersions = 20;

/** What models cost and how often they are right: `GET /v1/models/{name}/measurements`, `…/training`, `GET /v1/model-figures` */
export function modelFiguresRoutes(app: App, context: ServerContext): void {
  app.get(
    '/v1/models/:name/measurements',
    {
      schema: {
        summary: 'Measurements of a registered model',
        description: `The latest ${mostMeasurements} of each of its latest ${mostVersions} versions, newest first: of runs, of evaluations, and imported ones.`,
        tags: ['models'],
        params: ModelName,
        querystring: Datasource,
        response: { 200: Type.Object({ measurements: Type.Array(Measurement) }), ...problems },
      },
    },
    async ({ user, query, params: { name } }) => {
      const { pool, schema } = datasourceNamed(user, query.datasource, context.datasources);
      const versions = await readVersions(pool, schema, [name]);
      if (versions.length === 0) throw new MillraceError('UNKNOWN_MODEL', `no model is registered as '${name}'`);
      const latest = versions.toSorted((one, other) => other.version - one.version).slice(0, mostVersions);
      const found = await Promise.all(latest.map((version) => measurementsOf(version)));
      return { measurements: found.flat() };

      async function measurementsOf(version: ModelVersion) {
        const measured = version.digest === null ? version : { digest: version.digest };
        const rows = await readMeasurements(pool, schema, measured, mostMeasurements);
        return rows.map((row) => measurementView(row, version.version));
      }
    },
  );

  app.get(
    '/v1/models/:name/training',
    {
      schema: {
        summary: 'How a version of a model was trained, as a picture',
        description:
          'SVG: its metrics by epoch or round, or all trials of the search that made it. Only TO TRAIN makes such versions.',
        tags: ['models'],
        params: ModelName,
        querystring: Type.Object({
          ...Datasource.properties,
          version: Type.Optional(Type.Integer({ minimum: 1, description: 'default: the current one' })),
        }),
        response: { 200: Type.Object({ svg: Type.String() }), ...problems },
      },
    },
    async ({ user, query: { datasource, version = null }, params: { name } }) => {
      const { pool, schema } = datasourceNamed(user, datasource, context.datasources);
      return { svg: await plotTraining(pool, schema, name, version) };
    },
  );

  app.get(
    '/v1/model-figures',
    {
      schema: {
        summary: 'Accuracy and cost of the registered models',
        description: 'Of the current version of each model that has been measured.',
        tags: ['models'],
        querystring: Datasource,
        response: {
          200: Type.Object({
            models: Type.Array(PlottedModel),
            unmeasured: Type.Integer({ description: 'number of models without accuracy or cost' }),
          }),
          ...problems,
        },
      },
    },
    async ({ user, query }) => {
      const { pool, schema } = datasourceNamed(user, query.datasource, context.datasources);
      const { plotted, left } = await plottedModels(pool, schema);
      const front = new Set(paretoFront(plotted).map(({ name }) => name));
      const models = plotted.map(({ name, group, cost, accuracy }) => ({
        ...{ name, group, costMs: cost, accuracy, isOnFront: front.has(name) },
      }));
      return { models, unmeasured: left };
    },
  );
}

/** A file may be registered under several names and versions: its measurements count for all of them. */
function measurementView({ statementId, measuredAt, ...row }: StoredMeasurement, version: number) {
  const { origin, device, batch, images, decodeMs, inferMs, totalMs, startS, peakMemory, accuracy, perClass } = row;
  return {
    ...{ version, origin, statement: statementId, measuredAt: isoTime(measuredAt), device, batch, images },
    ...{ decodeMs, inferMs, totalMs, startS, peakMemory, accuracy: accuracy === null ? null : { ...accuracy } },
    perClass: perClass === null ? null : [...perClass],
  };
}
