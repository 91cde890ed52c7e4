import { stringify } from 'csv-stringify/sync';
import { Type } from 'typebox';
import type { App, ServerContext } from '../context.ts';
import type { Datasource } from '../datasource.ts';
import { findStatement } from '../find-datasource.ts';
import { resourceOf } from '../resources.ts';
import { type Result, resultOf, resultPage, resultStream } from '../results.ts';
import { Problem, ResultPage } from '../schemas/statement.ts';
import { sendStream } from './open-stream.ts';
import { StatementId } from './statement.ts';

const Query = Type.Object({
  step: Type.Optional(Type.String({ description: 'left out: the last step that has rows' })),
  format: Type.Optional(
    Type.Enum(['json', 'ndjson', 'csv'], { description: 'json, in pages, if left out; the others give all rows' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, description: 'rows of a page of json; 1000 if left out' }),
  ),
  cursor: Type.Optional(Type.String({ description: 'the `next` of the page before' })),
});

/** `GET /v1/statements/{id}/result` */
export function resultRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'The rows of a statement',
    description:
      'Rows that a query returned, or of the table that a step wrote. 64-bit integers, decimals and times are strings, exactly as stored; binary values are base64. ndjson has an object, csv a line for each row.',
    tags: ['statements'],
    params: StatementId,
    querystring: Query,
    response: {
      200: {
        description: 'rows',
        content: {
          'application/json': { schema: ResultPage },
          'application/x-ndjson': { schema: Type.String() },
          'text/csv': { schema: Type.String() },
        },
      },
      '4xx': Problem,
      '5xx': Problem,
    },
  };
  app.get('/v1/statements/:id/result', { schema }, async ({ user, params, query }, reply) => {
    const { datasource, status } = await findStatement(user, params.id, context.datasources);
    const { results } = await resourceOf(datasource, status);
    const result = resultOf(status, results, query.step);
    switch (query.format ?? 'json') {
      case 'json':
        return resultPage(datasource, result, query);
      case 'ndjson':
        return sendStream(reply, context.streams, 'application/x-ndjson', (signal) =>
          lines(datasource, result, signal),
        );
      case 'csv':
        return sendStream(reply, context.streams, 'text/csv; charset=utf-8; header=present', (signal) =>
          csv(datasource, result, signal),
        );
    }
  });
}

async function* lines(datasource: Datasource, result: Result, signal: AbortSignal): AsyncGenerator<string> {
  const { columns, rows } = await resultStream(datasource, result, signal);
  const names = distinct(columns.map(({ name }) => name));
  yield* pieces(
    rows,
    (row) => `${JSON.stringify(Object.fromEntries(row.map((value, index) => [names[index], value])))}\n`,
  );
}

/** https://www.rfc-editor.org/rfc/rfc4180; NULL is an empty field. */
async function* csv(datasource: Datasource, result: Result, signal: AbortSignal): AsyncGenerator<string> {
  const { columns, rows } = await resultStream(datasource, result, signal);
  yield stringify([columns.map(({ name }) => name)], { record_delimiter: 'windows' });
  yield* pieces(rows, (row) => stringify([row as unknown[]], { record_delimiter: 'windows', quoted_match: /^$/ }));
}

/** Rows together until there is enough to be worth a write. */
async function* pieces(
  rows: AsyncIterable<readonly unknown[]>,
  write: (row: readonly unknown[]) => string,
): AsyncGenerator<string> {
  let piece = '';
  for await (const row of rows) {
    piece += write(row);
    if (piece.length < 32_768) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** An object has one value for each name: `id`, `id_2`. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
