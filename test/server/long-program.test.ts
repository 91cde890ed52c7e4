import { expect, it } from 'vitest';
import { listResults } from '../../src/ledger/results.ts';
import type { StatementStatus } from '../../src/ledger/statement-status.ts';
import { statementView } from '../../src/service/statement-view.ts';
import { useServer } from './use-server.ts';

const server = useServer({ requestsPerMinute: 1_000_000 });

it('a program of 1,000 statements runs to its end, and shows all its steps', { timeout: 240_000 }, async () => {
  const begun = performance.now();
  const sql = Array.from({ length: 1000 }, (_, number) => `SELECT ${number} AS n`).join(';\n');
  const { body } = await server.json('POST', '/v1/statements', { body: { sql, wait: 60 } });
  let last = body;
  while (['queued', 'running'].includes(last.state))
    last = (await server.json('GET', `/v1/statements/${body.id}`)).body;
  expect(last).toMatchObject({ state: 'succeeded', error: null });
  expect(last.results).toHaveLength(1000);
  const ran = performance.now();
  await server.json('GET', `/v1/statements/${body.id}`);
  console.info(`1,000 statements: ${Math.round(ran - begun)} ms, status ${Math.round(performance.now() - ran)} ms`);
  const stored = await listResults(server.database.pool, server.database.systemSchema, [body.id]);
  expect(stored.get(body.id)?.map(({ step }) => step)).toEqual(last.steps.map(({ name }: { name: string }) => name));
});

it('the view of a program reads each step a bounded number of times', () => {
  const looks = (length: number) => {
    let count = 0;
    const step = (number: number) =>
      Object.defineProperty({ kind: 'sql', sql: 'DO 0', needs: [] }, 'name', {
        get() {
          count += 1;
          return `step-${number}`;
        },
      });
    const steps = Array.from({ length }, (_, number) => step(number));
    const states = steps.map((_, number) => ({
      name: `step-${number}`,
      state: 'succeeded',
      error: null,
      rows: null,
      startedAt: null,
      partitions: [],
    }));
    const status = {
      id: 'x',
      text: '',
      plan: { kind: 'plan', version: 6, steps },
      state: 'running',
      submittedBy: 'ada',
      submittedAt: '2026-11-21 10:00:00.000000',
      startedAt: null,
      finishedAt: null,
      error: null,
      hasWorkflow: false,
      steps: states,
    } as unknown as StatementStatus;
    const links = { argo: null, grafana: null };
    statementView(status, { datasource: 'd', labels: {}, results: [], links, queuePosition: null });
    return count;
  };
  expect(looks(2000)).toBeLessThanOrEqual(looks(100) * 20 + 20);
});
