import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { readTransitions } from '../../../src/ledger/history.ts';
import { openStatementStore } from '../../../src/ledger/statement-store.ts';
import { mariadb } from '../../database.ts';
import { slowRows } from '../../slow-rows.ts';
import { detect, ended, rowsDone, statusWhen, submissionOf, submit, useSession } from '../../use-session.ts';
import { isRunning, workersOf } from '../../workers.ts';
import { startStatementServer } from './start-statement-server.ts';

const patience = { timeout: 60_000, interval: 50 };

describe('a statement whose server has died', { timeout: 240_000 }, () => {
  const test = useSession(mariadb);

  /** Submits to a server, kills it once the statement has reached this point, and starts another. */
  async function survive(
    text: string,
    { readOnly = false, when }: { readOnly?: boolean; when: (id: string) => Promise<unknown> },
  ): Promise<string> {
    const [id, server] = [randomUUIDv7(), await startStatementServer(test)];
    await server.submit({ id, text, readOnly });
    await when(id);
    await server.kill();
    expect(await test.session.engine.status(id)).toMatchObject({ state: expect.stringMatching(/running|cancelling/) });
    await startStatementServer(test);
    return id;
  }

  /** Once the database runs SLEEP(seconds). */
  const asleep = (seconds: number) => () =>
    vi.waitFor(async () => {
      const sql = `SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(${seconds})%' AND INFO NOT LIKE '%LIKE%'`;
      expect((await test.database.admin.query(sql))[0]).toHaveLength(1);
    }, patience);

  const statesOf = async (id: string) =>
    (await readTransitions(test.database.pool, test.config.schema, id, 0)).map(({ state }) => state);

  it('resumes its rows where it was', async () => {
    await slowRows(test.database, 1);
    const id = await survive(detect(40, 'resumed', 'partitions = 2, commit_rows = 1'), {
      when: (id) => statusWhen(test.session, id, (status) => rowsDone(status) > 4),
    });
    const before = rowsDone(await test.session.engine.status(id));
    await slowRows(test.database, 0);
    const status = await ended(test.session, id);
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(rowsDone(status)).toBe(40);
    expect(before).toBeGreaterThan(4);
    expect(before).toBeLessThan(40);
    expect(Math.max(...status.steps[0]!.partitions.map(({ attempts }) => attempts))).toBe(2);
    const found = await test.query('SELECT COUNT(DISTINCT id) AS images FROM resumed');
    expect(found).toEqual([{ images: '40' }]);
    expect(await statesOf(id)).toEqual(['queued', 'running', 'succeeded']);
  });

  it('fails if it is unknown whether a standard statement took effect; the user decides about a retry', async () => {
    await test.query('CREATE TABLE doubtful (i INT)');
    const id = await survive('INSERT INTO doubtful SELECT SLEEP(3.5); INSERT INTO doubtful VALUES (9)', {
      when: asleep(3.5),
    });
    expect(await ended(test.session, id)).toMatchObject({
      state: 'failed',
      error: {
        code: 'STATEMENT_UNCERTAIN',
        message: 'the server died while the database executed step-1, which may or may not have taken effect',
        hint: 'check its tables; retry with --repeat (over HTTP: ?repeat=true) to execute it again',
      },
      steps: [{ state: 'failed', error: { code: 'STATEMENT_UNCERTAIN' } }, { state: 'pending' }],
    });
    expect(await statesOf(id)).toEqual(['queued', 'running', 'failed']);
    await test.query('DELETE FROM doubtful');
    await test.session.engine.retry(id);
    expect((await ended(test.session, id)).state).toBe('succeeded');
    expect(await test.query('SELECT i FROM doubtful WHERE i = 9')).toHaveLength(1);
    expect(await statesOf(id)).toEqual(['queued', 'running', 'failed', 'running', 'succeeded']);
  });

  it('repeats statements that only read', async () => {
    const id = await survive('SELECT 1 AS one; SELECT SLEEP(2.5)', { readOnly: true, when: asleep(2.5) });
    expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded', error: null });
  });

  it('fails if later statements may depend on the session of earlier ones', async () => {
    const id = await survive(
      `SET @x = 1; ${detect(40, 'with_session')} CREATE TABLE y AS SELECT @x AS x FROM with_session`,
      {
        when: (id) => statusWhen(test.session, id, ({ steps }) => steps[1]!.state === 'running'),
      },
    );
    expect(await ended(test.session, id)).toMatchObject({
      state: 'failed',
      error: { code: 'SESSION_LOST' },
      steps: [{ state: 'succeeded' }, { state: 'pending' }, { state: 'pending' }],
    });
    expect(await test.query("SHOW TABLES LIKE 'y'")).toEqual([]);
  });

  it('is cancelled if that was requested', async () => {
    const id = await survive('SELECT SLEEP(4.5)', {
      async when(id) {
        await asleep(4.5)();
        await openStatementStore(test.database.pool, test.config.schema, 'local').move(id, ['running'], 'cancelling');
      },
    });
    const status = await ended(test.session, id);
    expect(status).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
  });

  it('is cancelled at once if no process runs it', async () => {
    const [id, server] = [randomUUIDv7(), await startStatementServer(test)];
    await server.submit({ id, text: 'SELECT SLEEP(5.5)' });
    await asleep(5.5)();
    await server.kill();
    await vi.waitFor(() => test.session.engine.cancel(id), patience);
    await vi.waitFor(
      async () =>
        expect(await test.session.engine.status(id)).toMatchObject({
          state: 'cancelled',
          error: { code: 'CANCELLED' },
          steps: [{ state: 'cancelled' }],
        }),
      patience,
    );
  });

  it('starts if it had not started', async () => {
    const text = 'SELECT 1';
    const submission = await submissionOf(test.session, text);
    const server = { readOnly: false, resultBytes: 1000, statementSeconds: null, labels: {} };
    const store = openStatementStore(test.database.pool, test.config.schema, 'local');
    await store.insert({ ...submission, server }, 'queued');
    await startStatementServer(test);
    expect((await ended(test.session, submission.id)).state).toBe('succeeded');
    expect(await statesOf(submission.id)).toEqual(['queued', 'running', 'succeeded']);
  });

  it('is interrupted if it was not submitted by a server, and no server takes it over', async () => {
    const text = 'SELECT 1';
    const submission = await submissionOf(test.session, text);
    await openStatementStore(test.database.pool, test.config.schema, 'local').insert(submission, 'running');
    const queued = { ...(await submissionOf(test.session, text)) };
    const server = { readOnly: false, resultBytes: 1000, statementSeconds: null, labels: {} };
    await openStatementStore(test.database.pool, test.config.schema, 'local').insert({ ...queued, server }, 'queued');
    await startStatementServer(test);
    await ended(test.session, queued.id);
    expect((await test.session.engine.status(submission.id)).state).toBe('interrupted');
    await test.session.engine.retry(submission.id);
    expect((await ended(test.session, submission.id)).state).toBe('succeeded');
  });
});

describe('a server that leaves', { timeout: 240_000 }, () => {
  const test = useSession(mariadb);

  it('stops its workers gracefully; another resumes within seconds', async () => {
    const [id, server] = [randomUUIDv7(), await startStatementServer(test)];
    await slowRows(test.database, 1);
    await server.submit({ id, text: detect(40, 'handed', 'partitions = 2, commit_rows = 1') });
    await statusWhen(test.session, id, (status) => rowsDone(status) > 4);
    const workers = await workersOf(server.pid);
    const other = await startStatementServer(test);
    expect(await server.leave()).toBe(0);
    expect(workers.filter(({ pid }) => isRunning(pid))).toEqual([]);
    const left = await test.session.engine.status(id);
    expect(left).toMatchObject({ state: 'running', error: null, steps: [{ state: 'running', error: null }] });
    await slowRows(test.database, 0);
    const since = performance.now();
    await vi.waitFor(async () => expect(await workersOf(other.pid)).not.toEqual([]), patience);
    expect(performance.now() - since).toBeLessThan(15_000);
    const status = await ended(test.session, id);
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(rowsDone(status)).toBe(40);
    expect(await test.query('SELECT COUNT(DISTINCT id) AS images FROM handed')).toEqual([{ images: '40' }]);
  });

  it('waits for a running standard statement, and starts none after it', async () => {
    await test.query('CREATE TABLE waited (i INT)');
    const [id, server] = [randomUUIDv7(), await startStatementServer(test)];
    await server.submit({ id, text: 'INSERT INTO waited SELECT SLEEP(2); INSERT INTO waited VALUES (2)' });
    await statusWhen(test.session, id, ({ steps }) => steps[0]!.state === 'running');
    expect(await server.leave()).toBe(0);
    expect(await test.session.engine.status(id)).toMatchObject({
      state: 'running',
      steps: [{ state: 'succeeded' }, { state: 'pending' }],
    });
    await startStatementServer(test);
    expect((await ended(test.session, id)).state).toBe('succeeded');
    expect(await test.query('SELECT i FROM waited ORDER BY i')).toEqual([{ i: 0 }, { i: 2 }]);
  });

  it('stays with a program whose later statements need its session', async () => {
    const [id, server] = [randomUUIDv7(), await startStatementServer(test)];
    await server.submit({ id, text: `SET @x = 7; DO SLEEP(1.5); CREATE TABLE kept AS SELECT @x AS x` });
    await statusWhen(test.session, id, ({ steps }) => steps[1]!.state === 'running');
    expect(await server.leave()).toBe(0);
    expect((await test.session.engine.status(id)).state).toBe('succeeded');
    expect(await test.query('SELECT x FROM kept')).toEqual([{ x: '7' }]);
  });

  it('cancels its statements unless they are to be handed over', async () => {
    const session = await test.another();
    const id = await submit(session, 'SELECT SLEEP(60)');
    await session.engine.close();
    expect(await test.session.engine.status(id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
  });
});
