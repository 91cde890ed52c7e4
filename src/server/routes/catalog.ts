import { Type } from 'typebox';
import { describeTable } from '../../datasource/describe.ts';
import { listTables } from '../../datasource/list-tables.ts';
import { mayUseProfile } from '../../service/access/profiles.ts';
import { datasourceNamed, datasourcesOf } from '../../service/find-statement.ts';
import { ProfileView, viewProfile } from '../../service/profile-view.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';

/** Objects that statements can name: `GET /v1/tables`, `GET /v1/classes`, `GET /v1/datasources`, `GET /v1/profiles` */
export function catalogRoutes(app: App, context: ServerContext): void {
  app.get(
    '/v1/tables',
    {
      schema: {
        summary: 'Tables and views that statements can name',
        description: "Those that the datasource's account may see, except Millrace's own; at most 5000.",
        tags: ['catalog'],
        querystring: Type.Object({ datasource: Type.Optional(Type.String()) }),
        response: {
          200: Type.Object({
            tables: Type.Array(Type.String({ description: 'its name in SQL on the datasource, without quotes' })),
          }),
          ...problems,
        },
      },
    },
    async ({ user, query }) => {
      const { tables, readerTables } = datasourceNamed(user, query.datasource, context.datasources);
      const account = user.role === 'reader' ? readerTables : tables;
      return { tables: [...(await listTables(account, context.rules.systemSchemas))] };
    },
  );

  app.get(
    '/v1/columns',
    {
      schema: {
        summary: 'Columns of a table or view',
        description: 'In its order; none if the table does not exist or its account may not see it.',
        tags: ['catalog'],
        querystring: Type.Object({
          table: Type.String({ minLength: 1, description: 'a name of /v1/tables' }),
          datasource: Type.Optional(Type.String()),
        }),
        response: {
          200: Type.Object({ columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })) }),
          ...problems,
        },
      },
    },
    async ({ user, query }) => {
      const { tables, readerTables } = datasourceNamed(user, query.datasource, context.datasources);
      const [database, table] = partsOf(query.table);
      if (context.rules.systemSchemas.some((own) => own.toLowerCase() === database?.toLowerCase()))
        return { columns: [] };
      const account = user.role === 'reader' ? readerTables : tables;
      return { columns: [...((await describeTable(account, { database, table }))?.columns ?? [])] };
    },
  );

  app.get(
    '/v1/classes',
    {
      schema: {
        summary: 'Classes that TO FIND can name',
        description: 'Those of the current versions of registered models, in alphabetical order.',
        tags: ['catalog'],
        querystring: Type.Object({ datasource: Type.Optional(Type.String()) }),
        response: { 200: Type.Object({ classes: Type.Array(Type.String()) }), ...problems },
      },
    },
    async ({ user, query }) => ({
      classes: [...(await datasourceNamed(user, query.datasource, context.datasources).classes())],
    }),
  );

  app.get(
    '/v1/datasources',
    {
      schema: {
        summary: 'Databases to which programs can be submitted',
        tags: ['catalog'],
        response: {
          200: Type.Object({
            datasources: Type.Array(
              Type.Object({
                name: Type.String(),
                engine: Type.Enum(['local', 'argo']),
                default: Type.Boolean({ description: 'whether requests that name no datasource use it' }),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async ({ user }) => ({
      datasources: datasourcesOf(user, context.datasources).map(({ name, engineName }, index) => ({
        name,
        engine: engineName === 'argo' ? ('argo' as const) : ('local' as const),
        default: index === 0,
      })),
    }),
  );

  app.get(
    '/v1/profiles',
    {
      schema: {
        summary: 'Profiles that statements can name',
        description: 'Those of the administrator that your role may use, in the order of the configuration.',
        tags: ['catalog'],
        response: { 200: Type.Object({ profiles: Type.Array(ProfileView) }), ...problems },
      },
    },
    async ({ user }) => ({
      profiles: context.config.profiles.filter((profile) => mayUseProfile(profile, user.role)).map(viewProfile),
    }),
  );
}

function partsOf(name: string): readonly [database: string | null, table: string] {
  const dot = name.indexOf('.');
  return dot === -1 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)];
}
