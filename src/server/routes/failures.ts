import { Type } from 'typebox';
import { readFailedRows } from '../../ledger/row-outcomes.ts';
import { readCursor, writeCursor } from '../../service/cursor.ts';
import { findStatement } from '../../service/find-statement.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';
import { StatementId } from './statement.ts';

const pageRows = 100;

/** `GET /v1/statements/{id}/failures` */
export function failuresRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Rows that failed, with the reasons',
    description: 'Rows of a step that could not be processed, in their order, so far.',
    tags: ['statements'],
    params: StatementId,
    querystring: Type.Object({
      step: Type.String({ minLength: 1 }),
      cursor: Type.Optional(Type.String({ description: '`next` of the previous page' })),
    }),
    response: {
      200: Type.Object({
        rows: Type.Array(
          Type.Object({
            row: Type.String({ description: 'its number among the selected rows, starting at 1' }),
            code: Type.String({ description: 'a code of /docs/errors' }),
            message: Type.String(),
          }),
        ),
        next: Type.Union([Type.String({ description: 'cursor of the next page' }), Type.Null()]),
      }),
      ...problems,
    },
  };
  app.get('/v1/statements/:id/failures', { schema }, async ({ user, params, query }) => {
    const { datasource } = await findStatement(user, params.id, context.datasources);
    const after = query.cursor === undefined ? '0' : String(readCursor(query.cursor).row);
    const step = { statement: params.id, step: query.step };
    const rows = await readFailedRows(datasource.pool, datasource.schema, step, { after, limit: pageRows });
    return { rows: [...rows], next: rows.length < pageRows ? null : writeCursor({ row: rows.at(-1)!.row }) };
  });
}
