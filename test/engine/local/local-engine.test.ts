import { randomUUID } from 'node:crypto';
import { readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { LogLine } from '../../../src/engine/engine.ts';
import { lockOf } from '../../../src/ledger/lock-names.ts';
import type { StatementStatus } from '../../../src/ledger/statement-status.ts';
import { mariadb } from '../../database.ts';
import { slowRows } from '../../slow-rows.ts';
import { detect, ended, rowsDone, statusWhen, submissionOf, submit, useSession } from '../../use-session.ts';
import { workersOf } from '../../workers.ts';

const patience = { timeout: 60_000, interval: 50 };

describe('the local engine', { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  const resultOf = (table: string) => test.query(`SELECT * FROM ${table} ORDER BY id, detection_no`);
  const whileRunning = (status: StatementStatus) => rowsDone(status) > 0;

  it('runs a statement to its end and reports its progress', async () => {
    const id = await submit(test.session, detect(40, 'whole', 'partitions = 3, commit_rows = 4'));
    const seen: StatementStatus[] = [];
    for await (const status of test.session.engine.events(id)) seen.push(status);
    const last = seen.at(-1)!;
    expect(last).toMatchObject({ id, state: 'succeeded', error: null, steps: [{ state: 'succeeded', rows: 40 }] });
    expect(last.steps[0]?.partitions.map(({ state, rows, done, failed }) => [state, rows, done, failed])).toEqual([
      ['done', 13, 13, 0],
      ['done', 13, 13, 0],
      ['done', 14, 14, 0],
    ]);
    expect(seen.slice(0, -1).filter(({ state }) => state !== 'running')).toEqual([]);
    expect(await test.session.engine.status(id)).toEqual(last);
    expect(await (await test.another()).engine.status(id)).toEqual(last);
    const rows = await resultOf('whole');
    expect(rows.length).toBe(last.steps[0]?.partitions.reduce((sum, { outputs }) => sum + outputs, 0));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(40);
  });

  it('gives each worker its share of the cores for decoding, and its own GPU if there are several', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', 'GPU-a,GPU-b');
    await slowRows(test.database, 1);
    const id = await submit(test.session, detect(40, 'shared_out', 'partitions = 2, batch_size = 4, commit_rows = 1'));
    await statusWhen(test.session, id, whileRunning);
    const workers = await workersOf(process.pid);
    const environments = await Promise.all(workers.map(({ pid }) => environmentOf(pid)));
    vi.unstubAllEnvs();
    await test.session.engine.cancel(id);
    await ended(test.session, id);
    await slowRows(test.database, 0);
    for (const environment of environments) {
      const first = environment.get('MILLRACE_WORKER') === '0';
      expect(environment.get('CUDA_VISIBLE_DEVICES')).toBe(first ? 'GPU-a' : 'GPU-b');
      const cores = Math.ceil(availableParallelism() / Math.min(2, availableParallelism()));
      expect(Number(environment.get('UV_THREADPOOL_SIZE'))).toBe(Math.max(4, cores));
    }
    expect(environments.length).toBeGreaterThan(0);
  });

  it('treats a repeated submission as the same statement', async () => {
    const text = detect(4, 'once', 'partitions = 2');
    const submission = await submissionOf(test.session, text);
    const { engine } = await test.another();
    await Promise.all([test.session.engine.submit(submission), engine.submit(submission)]);
    expect((await ended(test.session, submission.id)).state).toBe('succeeded');
    await engine.submit(submission);
    const status = await engine.status(submission.id);
    expect(status).toMatchObject({ state: 'succeeded', steps: [{ partitions: [{ attempts: 1 }, { attempts: 1 }] }] });
    const logged = await logsOf(submission.id);
    expect(logged.filter(({ text }) => text.includes('"selecting"'))).toHaveLength(1);
  });

  it('rejects an id that was never submitted', async () => {
    const id = randomUUID();
    const unknown = { code: 'UNKNOWN_STATEMENT', message: `there is no statement ${id}` };
    await expect(test.session.engine.status(id)).rejects.toMatchObject(unknown);
    await expect(test.session.engine.cancel(id)).rejects.toMatchObject(unknown);
    await expect(test.session.engine.retry(id)).rejects.toMatchObject(unknown);
    await expect(ended(test.session, id)).rejects.toMatchObject(unknown);
  });

  it.each(['by the process that runs it', 'by another process'])(
    'cancels %s within seconds, and a retry ends with the same rows',
    async (who) => {
      const table = `cancelled_${who.split(' ').at(-3)}`;
      await slowRows(test.database, 1);
      const id = await submit(test.session, detect(40, table, 'partitions = 2, commit_rows = 1'));
      await statusWhen(test.session, id, whileRunning);
      const { engine } = who.includes('another') ? await test.another() : test.session;
      const asked = performance.now();
      await engine.cancel(id);
      const status = await ended(test.session, id);
      expect(performance.now() - asked).toBeLessThan(15_000);
      expect(status).toMatchObject({
        state: 'cancelled',
        error: { code: 'CANCELLED', message: `the statement ${id} was cancelled` },
        steps: [{ state: 'cancelled', error: { code: 'CANCELLED' } }],
      });
      expect(await workersOf(process.pid)).toEqual([]);
      expect(rowsDone(status)).toBeLessThan(40);
      expect(await test.query(`SHOW TABLES LIKE '${table}'`)).toEqual([]);
      const written = rowsDone(status);
      await slowRows(test.database, 0);
      await engine.retry(id);
      const again = await ended(await test.another(), id);
      expect(again).toMatchObject({ state: 'succeeded', error: null });
      expect(rowsDone(again)).toBe(40);
      expect(written).toBeGreaterThan(0);
      const whole = await test.query(`SELECT DISTINCT id FROM ${table}`);
      expect(whole).toHaveLength(40);
    },
  );

  it('ends a query in the database when the statement that waits for it is cancelled', async () => {
    const running = async () =>
      (
        await test.database.admin.query(
          "SELECT * FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(997)%' AND INFO NOT LIKE '%LIKE%'",
        )
      )[0] as unknown[];
    const slow = detect(1, 'slow').replace('*', '*, SLEEP(997) AS slept');
    for (const text of [slow, 'SELECT SLEEP(997)']) {
      const id = await submit(test.session, text);
      await vi.waitFor(async () => expect(await running()).toHaveLength(1), patience);
      await test.session.engine.cancel(id);
      expect(await ended(test.session, id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
      await vi.waitFor(async () => expect(await running()).toEqual([]), patience);
    }
  });

  it('rejects cancel and retry for a statement that succeeded, and retry for one that is running', async () => {
    await slowRows(test.database, 0.5);
    const id = await submit(test.session, detect(4, 'busy', 'partitions = 1, commit_rows = 1'));
    await expect((await test.another()).engine.retry(id)).rejects.toMatchObject({
      code: 'STATEMENT_BUSY',
      message: `the statement ${id} is running`,
    });
    await slowRows(test.database, 0);
    expect((await ended(test.session, id)).state).toBe('succeeded');
    const done = { code: 'STATEMENT_BUSY', message: `the statement ${id} is succeeded` };
    await expect(test.session.engine.cancel(id)).rejects.toMatchObject(done);
    await expect(test.session.engine.retry(id)).rejects.toMatchObject(done);
  });

  it('stops a step that takes longer than its timeout, and keeps completed work', async () => {
    await slowRows(test.database, 0.5);
    const id = await submit(test.session, detect(40, 'late', "partitions = 1, timeout = '3s', commit_rows = 1"));
    const status = await ended(test.session, id);
    expect(status).toMatchObject({
      state: 'failed',
      error: {
        code: 'TIMED_OUT',
        message: 'step-1 took longer than 3 s',
        hint: 'completed work is kept; retry to continue, or raise the timeout',
      },
      steps: [{ state: 'failed', error: { code: 'TIMED_OUT' } }],
    });
    expect(await workersOf(process.pid)).toEqual([]);
    await slowRows(test.database, 0);
    const [ledger] = await test.query(
      `SELECT COUNT(*) AS n FROM ${test.config.schema}.ledger AS l JOIN ${test.config.schema}.selections AS s USING (selection_id)
       WHERE s.statement_id = ?`,
      [id],
    );
    expect(Number(ledger?.n)).toBe(rowsDone(status));
  });

  it('does not retry what needs the session that it had', async () => {
    await test.query('CREATE TABLE counted (n INT NOT NULL)');
    const id = await submit(
      test.session,
      'SET @n = 7; INSERT INTO uncounted VALUES (@n); INSERT INTO counted VALUES (@n)',
    );
    expect(await ended(test.session, id)).toMatchObject({ state: 'failed', error: { code: 'QUERY_REFUSED' } });
    await test.query('CREATE TABLE uncounted (n INT)');
    const { engine } = await test.another();
    for (const each of [test.session.engine, engine]) {
      await expect(each.retry(id)).rejects.toMatchObject({
        code: 'SESSION_LOST',
        message: `the session of ${id} is lost, with everything its statements had set: its last run ended`,
        hint: 'submit the remaining statements as a new program',
      });
    }
    expect((await test.session.engine.status(id)).state).toBe('failed');
    expect(await test.query('SELECT * FROM uncounted')).toEqual([]);
  });

  it('restarts a killed worker as often as the step says', async () => {
    const id = await submit(test.session, detect(20, 'killed', 'partitions = 1, retries = 2'));
    for (let kills = 0; kills < 3; kills++) await killNext('partitions');
    expect(await ended(test.session, id)).toMatchObject({
      state: 'failed',
      error: {
        code: 'WORKER_FAILED',
        message: 'a worker of step-1 was killed',
        hint: 'see millrace logs; completed work is kept; retry to continue',
      },
    });
    await test.session.engine.retry(id);
    expect((await ended(test.session, id)).state).toBe('succeeded');
    expect(await test.query('SELECT DISTINCT id FROM killed')).toHaveLength(20);
  });

  it("does not restart a worker after a user's mistake", async () => {
    const { folder } = test.pictures;
    await writeFile(join(folder, 'no-model.onnx'), 'no model');
    const text = detect(4, 'mistaken', 'partitions = 1, retries = 5').replace(
      '--model=demo',
      '--model=/datasets/no-model.onnx',
    );
    const id = await submit(test.session, text);
    expect(await ended(test.session, id)).toMatchObject({
      state: 'failed',
      error: { code: 'MODEL_UNREADABLE' },
      steps: [{ partitions: [{ attempts: 1 }] }],
    });
    expect((await logsOf(id)).filter(({ text }) => text.includes('"failed"'))).toHaveLength(1);
  });

  it('retries only the failed rows', async () => {
    const { folder } = test.pictures;
    await unlink(join(folder, 'scene-6.jpg'));
    const id = await submit(test.session, detect(12, 'missing', 'partitions = 2, retries = 5'));
    const failed = await ended(test.session, id);
    const reason = `no such file: ${join(folder, 'scene-6.jpg')}`;
    expect(failed.error).toEqual({
      code: 'ROWS_FAILED',
      message: `2 of 12 rows failed; max_failed_rows allows 0; row 6: IMAGE_MISSING, ${reason} (and 1 more)`,
      hint: 'fix the images and retry: only the failed rows are processed again; or raise max_failed_rows',
    });
    await symlink('scene-5.jpg', join(folder, 'scene-6.jpg'));
    await test.session.engine.retry(id);
    expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded', error: null });
    expect(await test.query('SELECT DISTINCT id FROM missing')).toHaveLength(12);
    const batches = (await logsOf(id)).flatMap(({ text }) =>
      text.includes('"batch written"') ? [JSON.parse(text).rows] : [],
    );
    expect(batches.sort()).toEqual([1, 1, 6, 6]);
  });

  it('keeps a log of each worker, whose lines say which partition they are about', async () => {
    const id = await submit(test.session, detect(6, 'logged', 'partitions = 3, parallelism = 2'));
    await ended(test.session, id);
    const workers = availableParallelism() === 1 ? ['worker-0'] : ['worker-0', 'worker-1'];
    const sources = ['prepare', ...workers, 'finish'];
    const logged = await logsOf(id);
    expect([...new Set(logged.map(({ step, source }) => `${step}/${source}`))]).toEqual(
      sources.map((name) => `step-1/${name}`),
    );
    const one = await logsOf(id, { partition: 1 });
    expect(one).toEqual(logged.filter(({ text }) => JSON.parse(text).partition === 1));
    expect(one.map(({ text }) => JSON.parse(text).msg)).toEqual(['batch written', 'partition done']);
    expect(await logsOf(id, { step: 'step-2' })).toEqual([]);
    expect(JSON.stringify(logged)).not.toContain(test.database.datasource.password.slice(0, 6));
  });

  it('yields the lines of a log as they are written, until the statement has ended', async () => {
    const id = await submit(test.session, detect(12, 'followed', 'partitions = 2, commit_rows = 1'));
    const lines: LogLine[] = [];
    let seen: StatementStatus | null = null;
    for await (const line of test.session.engine.logs(id, { follow: true })) {
      lines.push(line);
      seen ??= await test.session.engine.status(id);
    }
    expect(seen?.state).toBe('running');
    expect((await test.session.engine.status(id)).state).toBe('succeeded');
    const bySource = (all: readonly LogLine[]) => Map.groupBy(all, ({ step, source }) => `${step}/${source}`);
    expect(bySource(lines)).toEqual(bySource(await logsOf(id)));
  });

  it('stops following a log when it is aborted', async () => {
    const id = await submit(test.session, 'SELECT SLEEP(996)');
    const leaving = new AbortController();
    const following = logsOf(id, { follow: true, signal: leaving.signal });
    leaving.abort();
    expect(await following).toEqual([]);
    await test.session.engine.cancel(id);
    expect(await logsOf(id, { follow: true })).toEqual([]);
  });

  it('runs the statements of a program in order, and resumes after the last that succeeded', async () => {
    const text = `CREATE TABLE few AS SELECT * FROM shot WHERE id <= 3;
      ${detect(3, 'first').replace('shot', 'few')}
      INSERT INTO few VALUES (4, 'scene-1.jpg');
      ${detect(4, 'second').replace('shot', 'few')}
      SELECT COUNT(DISTINCT f.id) AS first, COUNT(DISTINCT s.id) AS second FROM first AS f RIGHT JOIN second AS s USING (id);
      SELECT * FROM absent;
      SELECT 'never' AS reached`;
    const submission = await submissionOf(test.session, text);
    await test.session.engine.submit(submission);
    const status = await ended(test.session, submission.id);
    expect(status.steps.map(({ state }) => state)).toEqual([...new Array(5).fill('succeeded'), 'failed', 'pending']);
    expect(status.error).toMatchObject({
      code: 'QUERY_REFUSED',
      message: expect.stringContaining("absent' doesn't exist"),
    });
    await test.query('CREATE TABLE absent (i INT)');
    await test.session.engine.retry(submission.id);
    expect((await ended(test.session, submission.id)).state).toBe('succeeded');
    expect(await test.query('SELECT id FROM few ORDER BY id')).toHaveLength(4);
  });

  it('runs more statements at once than a pool has connections', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => submit(test.session, 'SELECT SLEEP(0.5)')));
    const states = await Promise.all(ids.map(async (id) => (await ended(test.session, id)).state));
    expect(states).toEqual(new Array(20).fill('succeeded'));
  });

  it('keeps its hold on a statement when the connection of its lock is lost, however early', async () => {
    const other = await test.another();
    for (let times = 0; times < 20; times++) {
      const id = await submit(test.session, 'SELECT SLEEP(998)');
      const holder = async () => {
        const [row] = await test.query(`SELECT IS_USED_LOCK(${lockOf(test.config.schema, '?')}) AS id`, [id]);
        return row?.id;
      };
      const first = await holder();
      await test.database.admin.query(`KILL ${first}`);
      await vi.waitFor(async () => expect([null, first]).not.toContain(await holder()), patience);
      expect((await other.engine.status(id)).state).toBe('running');
      await test.session.engine.cancel(id);
      expect((await ended(test.session, id)).state).toBe('cancelled');
    }
  });

  it('leaves a statement to the engine that took it over', async () => {
    const id = await submit(test.session, 'SELECT SLEEP(999)');
    const [named] = await test.query(`SELECT ${lockOf(test.config.schema, '?')} AS name`, [id]);
    const name = named?.name;
    const thief = await test.database.admin.getConnection();
    const taking = thief.query('SELECT GET_LOCK(?, 60) AS got', [name]);
    const [row] = await test.query('SELECT IS_USED_LOCK(?) AS id', [name]);
    await test.database.admin.query(`KILL ${row?.id}`);
    expect((await taking)[0]).toEqual([{ got: 1 }]);
    const running = async () =>
      test.query(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(999)' AND INFO NOT LIKE '%LIKE%'",
      );
    await vi.waitFor(async () => expect(await running()).toEqual([]), patience);
    const other = (await test.another()).engine;
    expect((await other.status(id)).state).toBe('running');
    await thief.query('DO RELEASE_LOCK(?)', [name]);
    thief.release();
    await vi.waitFor(async () => expect((await other.status(id)).state).toBe('interrupted'), patience);
  });

  it('lists the statements, newest first', async () => {
    const older = await submit(test.session, 'SELECT 1');
    await ended(test.session, older);
    const newer = await submit(test.session, 'SELECT 2');
    await ended(test.session, newer);
    const [first, second] = await test.session.engine.list();
    expect([first?.id, second?.id]).toEqual([newer, older]);
  });

  async function logsOf(id: string, filter = {}): Promise<readonly LogLine[]> {
    const lines: LogLine[] = [];
    for await (const line of test.session.engine.logs(id, filter)) lines.push(line);
    return lines;
  }

  async function killNext(command: string): Promise<void> {
    const pid = await vi.waitFor(async () => {
      const worker = (await workersOf(process.pid)).find((worker) => worker.command === command);
      return worker?.pid ?? Promise.reject(new Error(`no ${command} is running`));
    }, patience);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(
      async () => expect((await workersOf(process.pid)).map(({ pid }) => pid)).not.toContain(pid),
      patience,
    );
  }
});

/** The environment with which a process was started: proc_pid_environ(5) */
async function environmentOf(pid: number): Promise<ReadonlyMap<string, string>> {
  const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  return new Map(variables.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]));
}
