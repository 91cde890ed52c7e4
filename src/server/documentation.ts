import { errorTable } from '../errors.ts';

/** The parts of /openapi.json that are not routes. */
export function documentation(secured: boolean) {
  return {
    refResolver: { buildLocalReference: ({ $id }: { $id?: unknown }) => String($id) },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Millrace',
        description:
          'SQL in, GPU workflows out, rows back. Errors are sent as application/problem+json; [/docs/errors](/docs/errors) explains each code.',
        version: '1',
      },
      tags: [
        { name: 'statements', description: 'Submit programs, follow them, fetch their rows' },
        { name: 'catalog', description: 'Objects that statements can name' },
        { name: 'operation', description: 'Health of the server' },
      ],
      components: {
        schemas: {
          ErrorCode: { type: 'string' as const, enum: answers.map(([code]) => code), description: codesByStatus() },
        },
        ...(secured && { securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } } }),
      },
      ...(secured && { security: [{ token: [] }] }),
    },
  };
}

/** The errors that the server responds with, and their status. */
const answers = Object.entries(errorTable).flatMap(([code, { status }]) =>
  status === null ? [] : [[code, status] as const],
);

function codesByStatus(): string {
  const byStatus = Map.groupBy(answers, ([, status]) => status);
  const statuses = [...byStatus].toSorted(([a], [b]) => a - b);
  return statuses.map(([status, entries]) => `- ${status}: ${entries.map(([code]) => code).join(', ')}`).join('\n');
}

export const logo = {
  type: 'image/svg+xml',
  content: Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="130" height="40"><text x="0" y="28" fill="#fff" font-family="sans-serif" font-size="24" font-weight="600">Millrace</text></svg>`,
  ),
};
