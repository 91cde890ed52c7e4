import { Type } from 'typebox';
import { datasourceNamed } from '../../service/find-statement.ts';
import type { App, ServerContext } from '../context.ts';
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

/** Models that statements can name: `GET /v1/models` */
export function modelRoutes(app: App, context: ServerContext): void {
  app.get(
    '/v1/models',
    {
      schema: {
        summary: 'Models that statements can name',
        tags: ['models'],
        querystring: Type.Object({ datasource: Type.Optional(Type.String()) }),
        response: { 200: Type.Object({ models: Type.Array(Model) }), ...problems },
      },
    },
    async ({ user, query }) => {
      const datasource = datasourceNamed(user, query.datasource, context.datasources);
      return { models: [...(await datasource.models())] };
    },
  );
}
