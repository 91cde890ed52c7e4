import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type PictureFormat, pictureFormats } from '../../picture-task.ts';
import type { User } from '../../service/access/users.ts';
import { findStatement } from '../../service/find-statement.ts';
import { PictureClasses, pictureClasses } from '../../service/pictures/picture-classes.ts';
import { PicturePage, picturePage } from '../../service/pictures/picture-page.ts';
import { findPictureStep, poolOf } from '../../service/pictures/picture-step.ts';
import { findTruth } from '../../service/pictures/picture-truth.ts';
import { type Shown, showPicture } from '../../service/pictures/show-picture.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';
import { leaving } from './open-stream.ts';
import { StatementId } from './statement.ts';

const step = Type.Optional(Type.String({ description: 'default: the last step whose result is about pictures' }));

const PageQuery = Type.Object({
  step,
  class: Type.Optional(Type.String({ description: 'only pictures in which this class was found' })),
  minScore: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'only pictures in which something was found with this score or a higher one',
    }),
  ),
  labels: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'table of the ground truth, as database.table; empty: none. Default: the labels of TO FIND or of an evaluation in the program, or the dataset whose table `images` the query reads',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'pictures per page; default: 60' })),
  cursor: Type.Optional(Type.String({ description: '`next` of the previous page' })),
});

const PictureQuery = Type.Object({
  step,
  size: Type.Optional(
    Type.Integer({
      minimum: 16,
      maximum: 4096,
      description: 'width and height in px that the picture fits into; default: 1024',
    }),
  ),
  format: Type.Optional(Type.Enum([...pictureFormats], { description: 'default: webp' })),
});

const PictureRow = Type.Object({
  ...StatementId.properties,
  row: Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'the number of a row, from 1' }),
});

/** Sizes of the picture before it was scaled. */
const widthHeader = 'millrace-picture-width';
const heightHeader = 'millrace-picture-height';

/** `GET /v1/statements/{id}/pictures`, `…/classes` and `…/pictures/{row}` */
export function pictureRoutes(app: App, context: ServerContext): void {
  const { datasources, rules, pictures, config } = context;
  const found = async (user: User, id: string, name: string | undefined) => {
    const { datasource, status } = await findStatement(user, id, datasources);
    const pool = poolOf(user, datasource);
    return { datasource, status, pool, found: await findPictureStep(datasource, pool, status, name) };
  };

  app.get(
    '/v1/statements/:id/pictures',
    {
      schema: {
        summary: 'The pictures of a result, with what was found in them',
        description:
          'In the order of the rows. A page looks at no more than 200,000 rows of the result table: with a filter, it may have fewer pictures than its limit and still have a next page.',
        tags: ['statements'],
        params: StatementId,
        querystring: PageQuery,
        response: { 200: PicturePage, ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = leaving(reply, context.streams);
      const at = await found(user, params.id, query.step);
      return pictures.queries.run(user.name, async () => {
        const truth = await findTruth(at.pool, at.found, at.status.plan, query.labels, rules.systemSchemas);
        return picturePage(at.pool, at.found, truth, { ...query, limit: query.limit ?? 60 }, signal);
      });
    },
  );

  app.get(
    '/v1/statements/:id/classes',
    {
      schema: {
        summary: 'The classes of a result about pictures, with numbers and scores',
        description: 'Counts the first million rows of the result.',
        tags: ['statements'],
        params: StatementId,
        querystring: Type.Object({ step }),
        response: { 200: PictureClasses, ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = leaving(reply, context.streams);
      const at = await found(user, params.id, query.step);
      return pictures.queries.run(user.name, () => pictureClasses(at.pool, at.found, signal));
    },
  );

  app.get(
    '/v1/statements/:id/pictures/:row',
    {
      config: { rateLimit: { max: config.limits.picturesPerMinute } },
      schema: {
        summary: 'The picture of a row',
        description:
          "Upright and scaled down, never up. The headers millrace-picture-width and millrace-picture-height have the size of the picture before that, in px: boxes are measured in it. It is read under the statement's rules: from its volumes and buckets and the servers that administrators allow. A client that has it already (If-None-Match) gets 304.",
        tags: ['statements'],
        params: PictureRow,
        querystring: PictureQuery,
        response: {
          200: {
            description: 'the picture',
            content: Object.fromEntries(
              pictureFormats.map((format) => [`image/${format}`, { schema: Type.String({ format: 'binary' }) }]),
            ),
          },
          304: Type.Null({ description: 'the client has this picture' }),
          ...problems,
        },
      },
    },
    async ({ user, params, query, headers }, reply) => {
      const signal = leaving(reply, context.streams);
      const at = await found(user, params.id, query.step);
      const { size = 1024, format = 'webp' } = query;
      const known = tagsOf(headers['if-none-match']);
      const places = { volumes: at.datasource.volumes, buckets: rules.buckets[user.role] };
      const wanted = { row: params.row, size, format, known };
      const shown = await showPicture(pictures.processes, at.pool, user, at.found, places, wanted, signal);
      return sendPicture(reply, shown, format);
    },
  );
}

/** The file may change, and another user of the same browser may not see it. */
function sendPicture(reply: FastifyReply, shown: Shown, format: PictureFormat): FastifyReply {
  reply.headers({ etag: shown.tag, 'cache-control': 'private, max-age=60', vary: 'authorization' });
  if (shown.kind === 'unchanged') return reply.code(304).send();
  const { bytes, width, height } = shown.picture;
  reply.headers({ [widthHeader]: width, [heightHeader]: height, 'content-disposition': 'inline' });
  return reply.type(`image/${format}`).send(Buffer.from(bytes));
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
function tagsOf(header: string | undefined): readonly string[] {
  return (header ?? '').split(',', 20).map((tag) => tag.trim().replace(/^W\//, ''));
}
