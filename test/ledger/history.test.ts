import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLabels, readSubmission, readTransitions } from '../../src/ledger/history.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import type { ServerSubmission, Submission } from '../../src/ledger/statement-status.ts';
import { openStatementStore, type StatementStore } from '../../src/ledger/statement-store.ts';
import { servers, useDatabase } from '../database.ts';

const plan = { kind: 'plan', version: 6, steps: [] } as const;

function submission(server: ServerSubmission | null = null): Submission {
  return { id: randomUUIDv7(), text: 'DO 1', plan, submittedBy: 'ada', server };
}

describe.each(servers)('the history of statements on $name', (server) => {
  const database = useDatabase(server);
  let store: StatementStore;
  const schema = () => database.systemSchema;

  beforeAll(async () => {
    await migrate(database.pool, schema());
    store = openStatementStore(database.pool, schema(), 'local');
  });

  it('contains each state with its time, in order', async () => {
    const statement = submission();
    const { id } = statement;
    expect(await store.insert(statement, 'queued')).toBe(true);
    expect(await store.insert(statement, 'queued')).toBe(false);
    await store.move(id, ['queued'], 'running');
    expect(await store.move(id, ['queued'], 'running')).toBe(false);
    await store.move(id, ['running'], 'failed', { code: 'INTERNAL', message: 'x', hint: null });
    const all = await readTransitions(database.pool, schema(), id, 0);
    expect(all.map(({ state }) => state)).toEqual(['queued', 'running', 'failed']);
    expect(all.map(({ number }) => number)).toEqual(all.map(({ number }) => number).toSorted((a, b) => a - b));
    const { submittedAt, finishedAt } = await store.read(id);
    expect([all[0]!.at, all[2]!.at]).toEqual([submittedAt, finishedAt]);
    expect(await readTransitions(database.pool, schema(), id, all[0]!.number)).toEqual(all.slice(1));
    expect(await readTransitions(database.pool, schema(), id, all[2]!.number)).toEqual([]);
  });

  it('starts when the statement is stored', async () => {
    const statement = submission();
    await store.insert(statement, 'running');
    const { state, submittedAt, startedAt } = await store.read(statement.id);
    expect([state, startedAt]).toEqual(['running', submittedAt]);
    const transitions = await readTransitions(database.pool, schema(), statement.id, 0);
    expect(transitions.map(({ state, at }) => [state, at])).toEqual([
      ['queued', submittedAt],
      ['running', submittedAt],
    ]);
  });

  it('lets a failed statement resume where it was', async () => {
    const steps = ['a', 'b'].map(
      (name) =>
        ({
          name,
          kind: 'sql',
          needs: [],
          sql: '',
          onlyReads: false,
          isolated: true,
          runsOthers: false,
          span: { start: 0, end: 0 },
        }) as const,
    );
    const statement = { ...submission(), plan: { kind: 'plan', version: 6, steps } } as unknown as Submission;
    const { id } = statement;
    await store.insert(statement, 'running');
    await store.moveStep(id, 'a', 'succeeded');
    expect(await store.beginStep(id, 'b', ['pending'], 'a run')).toBe(true);
    expect(await store.beginStep(id, 'b', ['pending'], 'a run')).toBe(true);
    expect(await store.beginStep(id, 'b', ['pending'], 'another')).toBe(false);
    await store.moveStep(id, 'b', 'failed', { code: 'INTERNAL', message: 'x', hint: null });
    await store.move(id, ['running'], 'failed');
    expect(await store.beginStep(id, 'b', ['failed'], 'a run')).toBe(false);
    expect(await store.restart(id, ['failed'])).toBe(true);
    const [rows] = await database.pool.query(
      `SELECT step, state, error_code FROM ${schema()}.steps WHERE statement_id = ?`,
      [id],
    );
    expect(rows).toEqual([
      { step: 'a', state: 'succeeded', error_code: null },
      { step: 'b', state: 'pending', error_code: null },
    ]);
    expect(await store.read(id)).toMatchObject({ state: 'running', finishedAt: null, error: null });
  });

  it('contains what was submitted through a server', async () => {
    const asked = submission({ readOnly: true, resultBytes: 5e9, statementSeconds: 90, labels: { b: '2', a: 'ä 😀' } });
    const unlabelled = submission({ readOnly: false, resultBytes: 1, statementSeconds: null, labels: {} });
    const unasked = submission();
    for (const statement of [asked, unlabelled, unasked]) await store.insert(statement, 'queued');
    const read = (id: string) => readSubmission(database.pool, schema(), id);
    expect(await read(asked.id)).toEqual({ readOnly: true, resultBytes: 5e9, statementSeconds: 90 });
    expect(await read(unlabelled.id)).toEqual({ readOnly: false, resultBytes: 1, statementSeconds: null });
    expect(await read(unasked.id)).toBeNull();
    const ids = [asked.id, unlabelled.id, unasked.id];
    const labels = await readLabels(database.pool, schema(), ids);
    expect([...labels]).toEqual([[asked.id, { a: 'ä 😀', b: '2' }]]);
    expect(await readLabels(database.pool, schema(), [])).toEqual(new Map());
  });

  it('contains nothing of a submission that fails half-way', async () => {
    const server = {
      readOnly: false,
      resultBytes: 1,
      statementSeconds: null,
      labels: { ['x'.repeat(64)]: 'too long' },
    };
    const statement = submission(server);
    await expect(store.insert(statement, 'running')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    expect(await store.has(statement.id)).toBe(false);
    expect(await readTransitions(database.pool, schema(), statement.id, 0)).toEqual([]);
  });
});
