import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/scenes/random.ts';
import { readTransitions } from '../../../src/ledger/history.ts';
import type { StatementStatus } from '../../../src/ledger/statement-status.ts';
import { mariadb } from '../../database.ts';
import { detect, ended, rowsDone, type TestSession, useSession } from '../../use-session.ts';
import { type StatementServer, type Submitted, startStatementServer } from './start-statement-server.ts';

/** Repeat a run with MILLRACE_SEED=… */
const seed = Number(process.env.MILLRACE_SEED ?? Math.floor(Math.random() * 2 ** 31));

const kills = Number(process.env.MILLRACE_KILLS ?? 6);
const rows = 12;

/** Beside other processes, a kill with its statements takes half a minute or more. */
const timeout = 300_000 + kills * 90_000;

describe(`two servers on one database, killed at random (MILLRACE_SEED=${seed})`, { timeout }, () => {
  const test = useSession(mariadb);

  it('store for each statement how it really ended, and start none twice', async () => {
    await test.query('CREATE TABLE mark (statement CHAR(36), number INT)');
    const random = createRandom(seed);
    const servers = await Promise.all([startStatementServer(test), startStatementServer(test)]);
    const all: Submitted[] = [];
    let unanswered = 0;
    for (let kill = 0; kill < kills; kill++) {
      const some = [marking(10), marking(200), marking(400), marking(800), reading(), detecting(`found_${kill}`)];
      all.push(...some);
      const submitted = some.map((statement) => submitSurely(random.pick(servers), statement));
      await sleep(random.between(0, 1500));
      const victim = random.pick([0, 1]);
      await servers[victim]!.kill();
      servers[victim] = await startStatementServer(test);
      unanswered += (await Promise.all(submitted)).filter((answered) => !answered).length;
    }
    const statuses = await Promise.all(all.map(({ id }) => ended(test.session, id)));
    const states = Map.groupBy(statuses, ({ state, error }) => error?.code ?? state);
    const counts = Object.fromEntries([...states].map(([state, { length }]) => [state, length]));
    console.info(`${kills} kills, ${unanswered} submissions cut off: ${JSON.stringify(counts)}, MILLRACE_SEED=${seed}`);
    for (const status of statuses) await expectTrue(test, status);

    /** Submits repeatedly until there is an answer, like a client with an Idempotency-Key. */
    async function submitSurely(server: StatementServer, statement: Submitted): Promise<boolean> {
      if (await server.submit(statement)) return true;
      while (!(await random.pick(servers).submit(statement)));
      return false;
    }
  });
});

/** Writes a mark, waits, writes another. */
function marking(ms: number): Submitted {
  const id = randomUUIDv7();
  const mark = (number: number) => `INSERT INTO mark SELECT '${id}', ${number} FROM (SELECT SLEEP(${ms / 1000})) AS s`;
  return { id, text: `${mark(1)};\n${mark(2)}` };
}

function reading(): Submitted {
  return { id: randomUUIDv7(), text: 'SELECT SLEEP(0.5)', readOnly: true };
}

function detecting(into: string): Submitted {
  return { id: randomUUIDv7(), text: detect(rows, into, 'partitions = 2, commit_rows = 2') };
}

async function expectTrue(test: TestSession, status: StatementStatus): Promise<void> {
  const { id, text } = status;
  const transitions = await readTransitions(test.database.pool, test.config.schema, id, 0);
  expect(transitions.map(({ state }) => state)).toEqual(['queued', 'running', status.state]);
  if (text.includes('mark')) await expectMarks(test, status);
  else if (text.includes('SLEEP')) expect(status).toMatchObject({ state: 'succeeded', error: null });
  else await expectRows(test, status);
}

/** Each mark of a completed step exists once; that of a step with an unknown outcome at most once. */
async function expectMarks(test: TestSession, { id, state, error, steps }: StatementStatus): Promise<void> {
  const marks = await test.query('SELECT number, COUNT(*) AS n FROM mark WHERE statement = ? GROUP BY 1', [id]);
  const found = new Map(marks.map(({ number, n }) => [number, Number(n)]));
  if (state === 'failed') expect(error?.code).toBe('STATEMENT_UNCERTAIN');
  else expect([state, error]).toEqual(['succeeded', null]);
  expect(steps.filter((step) => step.state === 'failed')).toHaveLength(state === 'failed' ? 1 : 0);
  for (const [index, step] of steps.entries()) {
    const times = found.get(index + 1) ?? 0;
    if (step.state === 'failed') expect(times).toBeLessThanOrEqual(1);
    else expect([step.state, times]).toEqual(state === 'failed' && times === 0 ? ['pending', 0] : ['succeeded', 1]);
  }
}

async function expectRows(test: TestSession, status: StatementStatus): Promise<void> {
  expect(status).toMatchObject({ state: 'succeeded', error: null });
  expect(rowsDone(status)).toBe(rows);
  const { schema } = test.config;
  const ledger = await test.query(
    `SELECT row_id, outputs FROM ${schema}.ledger JOIN ${schema}.selections USING (selection_id)
     WHERE statement_id = ? ORDER BY row_id`,
    [status.id],
  );
  expect(ledger.map(({ row_id }) => Number(row_id))).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
  const table = /INTO (found_\d+)/.exec(status.text)?.[1];
  const found = await test.query(`SELECT millrace_row, COUNT(*) AS outputs FROM ${table} GROUP BY 1 ORDER BY 1`);
  expect(found).toEqual(
    ledger
      .filter(({ outputs }) => outputs > 0)
      .map(({ row_id, outputs }) => ({ millrace_row: row_id, outputs: String(outputs) })),
  );
}
