import { expect, it } from 'vitest';
import { keepQuota } from '../../src/ledger/result-quota.ts';
import { listResults } from '../../src/ledger/results.ts';
import { mariadb } from '../database.ts';
import { ended, submissionOf, useSession } from '../use-session.ts';

const test = useSession(mariadb);

it('deletes the rows of the oldest results of a user, and then of all users, beyond the quota, and marks them truncated', async () => {
  const { pool } = test.database;
  const { schema } = test.config;
  const run = async (user: string) => {
    const sql = `SELECT REPEAT('x', 1000) AS x`;
    const submission = { ...(await submissionOf(test.session, sql)), submittedBy: user };
    await test.session.engine.submit(submission);
    expect((await ended(test.session, submission.id)).state).toBe('succeeded');
    return submission.id;
  };
  const ids = [await run('ada'), await run('ada'), await run('ada'), await run('bob'), await run('bob')];
  const kept = async () => {
    const results = await listResults(pool, schema, ids);
    return ids.map((id) => results.get(id)?.map(({ rows, truncated }) => [rows, truncated])[0]);
  };
  const whole = [1, false];
  const gone = [0, true];
  expect(await keepQuota(pool, schema, { perUser: 10_000, total: 100_000 })).toBe(0);
  expect(await kept()).toEqual([whole, whole, whole, whole, whole]);
  expect(await keepQuota(pool, schema, { perUser: 2100, total: 100_000 })).toBe(1);
  expect(await kept()).toEqual([gone, whole, whole, whole, whole]);
  expect(await keepQuota(pool, schema, { perUser: 2100, total: 2100 })).toBe(2);
  expect(await kept()).toEqual([gone, gone, gone, whole, whole]);
  const [rows] = await pool.query(`SELECT 1 FROM ${schema}.result_rows WHERE statement_id IN (?)`, [ids.slice(0, 3)]);
  expect(rows).toEqual([]);
});
