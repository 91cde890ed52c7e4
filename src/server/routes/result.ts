import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Write } from '../../formats/format.ts';
import { formatNames, formats } from '../../formats/formats.ts';
import { findStatement } from '../../service/find-statement.ts';
import { type Result, resultOf, resultPage, resultRows } from '../../service/results.ts';
import type { ServedDatasource } from '../../service/served-datasource.ts';
import { ResultPage } from '../../service/statement.ts';
import { viewStatement } from '../../service/statement-view.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';
import { sendStream } from './open-stream.ts';
import { StatementId } from './statement.ts';

/** Whether the query returned more rows than are stored. */
const truncatedHeader = 'millrace-truncated';

const Query = Type.Object({
  step: Type.Optional(Type.String({ description: 'default: the last step that has rows' })),
  format: Type.Optional(
    Type.Enum([...formatNames], { description: 'default: json, which has pages; the others contain all rows' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, description: 'rows per page of json; default: 1000' }),
  ),
  cursor: Type.Optional(Type.String({ description: '`next` of the previous page' })),
});

/** `GET /v1/statements/{id}/result` */
export function resultRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'The rows of a statement',
    description:
      'Rows that a query returned, or rows of the table that a step wrote. 64-bit integers, decimals and times are strings, exactly as stored; binary values are base64. ndjson has an object for each row, csv a line; arrow is a stream of record batches with int64, float64, date, timestamp, binary and text columns. Their header `millrace-truncated` says whether the query returned more rows than are kept; if `true`, a trailer repeats it.',
    tags: ['statements'],
    params: StatementId,
    querystring: Query,
    response: {
      200: {
        description: 'rows',
        content: {
          ...Object.fromEntries(
            Object.values(formats).map(({ mediaType }) => [typeOf(mediaType), { schema: Type.String() }]),
          ),
          'application/json': { schema: ResultPage },
        },
      },
      ...problems,
    },
  };
  app.get('/v1/statements/:id/result', { schema }, async ({ user, params, query }, reply) => {
    const { datasource, status } = await findStatement(user, params.id, context.datasources);
    const { results } = await viewStatement(datasource, status);
    const result = resultOf(status, results, query.step);
    const format = query.format ?? 'json';
    if (format === 'json') return resultPage(datasource, result, query);
    const { mediaType, write } = formats[format];
    tellTruncated(reply, result);
    return sendStream(reply, context.streams, mediaType, (signal) => all(datasource, result, write, signal));
  });
}

/** The media type without its parameters. */
const typeOf = (mediaType: string) => mediaType.split(';', 1)[0]!;

/** In a header, to be known before the rows, and in a trailer for clients that look at the end only. */
function tellTruncated(reply: FastifyReply, { reference }: Result): void {
  reply.header(truncatedHeader, String(reference.truncated));
  if (reference.truncated) reply.trailer(truncatedHeader, async () => 'true');
}

async function* all(
  datasource: ServedDatasource,
  result: Result,
  write: Write,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield* write(await resultRows(datasource, result, signal));
}
