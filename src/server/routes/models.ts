import { randomUUIDv7 } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { MillraceError } from '../../errors.ts';
import { sweepFiles } from '../../ledger/model-files.ts';
import { readVersions } from '../../ledger/registry.ts';
import { dropModel, setVersion } from '../../ledger/registry-changes.ts';
import { isoTime } from '../../ledger/times.ts';
import { actorOf, type User } from '../../service/access/users.ts';
import { datasourceNamed } from '../../service/find-statement.ts';
import { submit } from '../../service/submit.ts';
import { storeModel } from '../../service/upload-model.ts';
import type { App, ServerContext } from '../context.ts';
import { checkMediaType } from '../media-type.ts';
import { problems } from '../schemas.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const Model = Type.Object({
  name: Type.String(),
  version: nullable(
    Type.Integer({ description: 'the current version; null: a file in /models that is not registered' }),
  ),
  kind: Type.Enum(['detector', 'classifier', 'tabular', 'simulated', 'unregistered']),
  family: nullable(Type.String()),
  classes: nullable(Type.Integer({ description: 'number of classes' })),
  size: nullable(Type.Integer({ description: 'bytes of the file' })),
  digest: nullable(Type.String({ description: 'SHA-256 of the file in hexadecimal digits' })),
  file: nullable(Type.String({ description: 'path as a step sees it; null: in the database, or simulated' })),
  base: nullable(Type.String({ description: 'the model that a simulated one is like' })),
  owner: nullable(Type.String()),
  map: nullable(Type.Number({ description: "COCO's AP at .50:.95 of the latest evaluation" })),
  imagesPerSecond: nullable(Type.Number({ description: 'of the latest measurement' })),
});

const Tabular = Type.Object(
  {
    inputs: Type.Array(Type.Object({ name: Type.String(), kind: Type.Enum(['number', 'text']) }), {
      description: 'the columns that it reads',
    }),
    output: Type.Enum(['class', 'value', 'cluster']),
    label: nullable(Type.String({ description: 'the column that it was trained to predict' })),
    estimator: nullable(Type.String()),
    type: Type.Enum(['whole', 'real', 'text'], { description: 'of what it predicts' }),
    values: Type.Integer({ description: 'number of values that it predicts of a row' }),
    hasProbabilities: Type.Boolean(),
  },
  { description: 'of a model that reads columns of a table' },
);

const Version = Type.Object({
  version: Type.Integer(),
  isCurrent: Type.Boolean({ description: 'whether the bare name stands for it' }),
  kind: Type.Enum(['detector', 'classifier', 'tabular', 'simulated']),
  family: nullable(Type.String()),
  classNames: Type.Array(Type.String()),
  width: nullable(Type.Integer({ description: 'of the input, in px' })),
  height: nullable(Type.Integer({ description: 'of the input, in px' })),
  size: nullable(Type.Integer({ description: 'bytes of the file' })),
  digest: nullable(Type.String({ description: 'SHA-256 of the file in hexadecimal digits' })),
  location: Type.Enum(['path', 'database', 'none']),
  file: nullable(Type.String()),
  base: nullable(Type.String()),
  madeBy: Type.String(),
  madeAt: Type.String({ format: 'date-time' }),
  statement: nullable(Type.String({ description: 'the statement that made it' })),
  tabular: Type.Optional(Tabular),
});

export const ModelName = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$', description: 'the name of a model' }),
});
export const Datasource = Type.Object({ datasource: Type.Optional(Type.String()) });

/** The registry of models: `/v1/models`, `/v1/models/{name}` */
export function modelRoutes(app: App, context: ServerContext): void {
  const place = (user: User, { datasource }: { readonly datasource?: string }) =>
    datasourceNamed(user, datasource, context.datasources);
  const ofModel = <T>(response: T, summary: string, description = summary) => ({
    ...{ summary, description, tags: ['models'], params: ModelName, querystring: Datasource },
    response: { ...response, ...problems },
  });
  const empty = Type.Null({ description: 'no body' });

  app.get(
    '/v1/models',
    {
      schema: {
        ...{ summary: 'Models that statements can name', tags: ['models'], querystring: Datasource },
        response: { 200: Type.Object({ models: Type.Array(Model) }), ...problems },
      },
    },
    async ({ user, query }) => ({ models: [...(await place(user, query).models())] }),
  );

  app.get(
    '/v1/models/:name',
    {
      schema: ofModel(
        { 200: Type.Object({ name: Type.String(), owner: Type.String(), versions: Type.Array(Version) }) },
        'The versions of a registered model',
      ),
    },
    async ({ user, query, params: { name } }) => {
      const { pool, schema } = place(user, query);
      const versions = await readVersions(pool, schema, [name]);
      const [first] = versions;
      if (first === undefined) throw unknown(name);
      const shown = versions.map(
        ({
          facts: { inputs: _, namesAreGiven: __, tabular, ...facts },
          simulation: ___,
          owner: ____,
          name: _____,
          ...version
        }) => ({
          ...version,
          ...facts,
          classNames: [...facts.classNames],
          ...(tabular !== undefined && { tabular: { ...tabular, inputs: [...tabular.inputs] } }),
          madeAt: isoTime(version.madeAt),
        }),
      );
      return { name, owner: first.owner, versions: shown };
    },
  );

  app.delete(
    '/v1/models/:name',
    {
      schema: ofModel(
        { 204: empty },
        'Drop a model and its versions',
        'Running statements keep the version that they use.',
      ),
    },
    async ({ user, query, params: { name } }, reply) => {
      refuseReader(user);
      const { pool, schema } = place(user, query);
      const files = await dropModel(pool, schema, name, actorOf(user));
      if (files === null) throw unknown(name);
      await sweepFiles(pool, schema, files);
      return reply.code(204).send(null);
    },
  );

  app.patch(
    '/v1/models/:name',
    {
      schema: {
        ...ofModel({ 204: empty }, 'Make another version the current one'),
        body: Type.Object({ version: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
      },
    },
    async ({ user, query, params: { name }, body: { version } }, reply) => {
      refuseReader(user);
      const { pool, schema } = place(user, query);
      await setVersion(pool, schema, name, version, actorOf(user));
      return reply.code(204).send(null);
    },
  );

  void app.register(async (scope) => {
    const uploads = scope as unknown as App;
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
      checkMediaType(request, 'application/octet-stream');
      return payload;
    });
    uploads.put(
      '/v1/models/:name',
      {
        schema: {
          ...ofModel(
            {
              202: Type.Object({
                statement: Type.String({ description: 'id of the statement that registers the file' }),
              }),
            },
            'Upload a model into the database',
            'The body is the ONNX file, with Content-Type application/octet-stream. It is stored in chunks; then the statement CREATE MODEL looks at it and adds a version. Follow that statement.',
          ),
        },
      },
      async (request, reply) => {
        const { user, query, params } = request;
        refuseReader(user);
        const datasource = place(user, query);
        const text = await storeModel(datasource, params.name, (request.body ?? []) as Readable);
        const id = randomUUIDv7();
        request.source = text;
        await submit({ user, datasource, labels: {}, key: undefined }, id, text, 0, context.rules, () => {
          request.statement = id;
        });
        reply.code(202).header('location', `/v1/statements/${id}`);
        return { statement: id };
      },
    );
  });
}

function refuseReader({ role }: User): void {
  if (role !== 'reader') return;
  throw new MillraceError('READ_ONLY_ROLE', 'your role is reader, which may not change models');
}

const unknown = (name: string) => new MillraceError('UNKNOWN_MODEL', `no model is registered as '${name}'`);
