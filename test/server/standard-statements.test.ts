import { describe, expect, it } from 'vitest';
import { useServer } from './use-server.ts';

describe('a standard statement', { timeout: 60_000 }, () => {
  const server = useServer({ maxStatementSeconds: { reader: 1 } });
  const sql = 'SELECT SLEEP(1.5) AS woken';

  it('is stopped if it runs longer than its role allows, with an error that says so', async () => {
    const { body } = await server.run(sql, { user: 'rita' });
    expect(body.error).toMatchObject({
      code: 'STATEMENT_TIMEOUT',
      message: 'step-1 ran longer than 1 s and was stopped',
      hint: expect.stringContaining('maxStatementSeconds'),
    });
  });

  it('reports how many rows it changed', async () => {
    const { body } = await server.run('CREATE TABLE made AS SELECT seq FROM seq_1_to_3; SELECT 1');
    expect(body.steps.map(({ affectedRows }: { affectedRows: unknown }) => affectedRows)).toEqual([3, null]);
  });

  it.each(['ada', 'root'] as const)('continues if the role of %s allows more time', async (user) => {
    const { body } = await server.run(sql, { user });
    expect([body.state, body.result?.rows]).toEqual(['succeeded', [[0]]]);
  });
});
