import { type Static, Type } from 'typebox';
import { ResultPage, Statement } from '../service/statement.ts';

const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'a value of the schema ErrorCode' }),
    hint: Type.String(),
    statement: Type.Optional(
      Type.String({
        description:
          'id of the statement that this request submitted or may have submitted: look it up before you try again',
      }),
    ),
    position: Type.Optional(Type.Object({ line: Type.Integer({ minimum: 1 }), column: Type.Integer({ minimum: 1 }) })),
    excerpt: Type.Optional(Type.String({ description: 'the line of the SQL, with a caret at the position' })),
    related: Type.Optional(Type.Array(Type.Object({ detail: Type.String(), code: Type.String() }))),
  },
  { $id: 'Problem', description: 'An error, as problem details: https://www.rfc-editor.org/rfc/rfc9457' },
);
const problem = { description: 'An error', content: { 'application/problem+json': { schema: Problem } } };
export const problems = { '4xx': problem, '5xx': problem };

const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

/** Names and values are short, so that statements can be searched by label. */
const Labels = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$' }),
  Type.String({ maxLength: 255 }),
  {
    maxProperties: 16,
    additionalProperties: false,
    description:
      'an object of at most 16 labels: names of letters, digits and . _ / -, values of at most 255 characters',
  },
);

export const Program = {
  sql: Type.String({ minLength: 1, description: 'one or more statements' }),
  datasource: Type.Optional(Type.String({ description: 'a datasource of /v1/datasources; default: the first' })),
  parameters: Type.Optional(
    Type.Union([Type.Array(Scalar), Type.Record(Type.String(), Scalar)], {
      description: 'values of `?` as an array, or of `:name` as an object',
    }),
  ),
};

export const SubmitBody = Type.Object(
  {
    ...Program,
    wait: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 60,
        description: 'maximum number of seconds to wait for the end before the response is 202; default: 10',
      }),
    ),
    labels: Type.Optional(Labels),
  },
  { additionalProperties: false },
);
export type SubmitBody = Static<typeof SubmitBody>;

export const Submitted = Type.Intersect([Statement, Type.Object({ result: Type.Union([ResultPage, Type.Null()]) })]);
