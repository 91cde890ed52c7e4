import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { hasUnreadablePlan, openStatementStore, type StatementStore } from '../../src/ledger/statement-store.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { mariadb, useDatabase } from '../database.ts';
import { detect, ended, submit, useSession } from '../use-session.ts';

const plan = JSON.parse(readFileSync(new URL('../golden/demo/plan.json', import.meta.url), 'utf8')) as Plan;

describe('the plan of a stored statement', () => {
  const database = useDatabase(mariadb);
  let store: StatementStore;
  beforeAll(async () => {
    await migrate(database.pool, database.systemSchema);
    store = openStatementStore(database.pool, database.systemSchema, 'local');
  });

  async function stored(): Promise<string> {
    const id = randomUUIDv7();
    await store.insert({ id, text: '', plan, submittedBy: 'ada', server: null }, 'queued');
    return id;
  }
  const tamper = (id: string, changed: object) =>
    database.pool.query(`UPDATE ${database.systemSchema}.statements SET plan = ? WHERE id = ?`, [
      JSON.stringify(changed),
      id,
    ]);

  it('is read back unchanged', async () => {
    expect((await store.read(await stored())).plan).toEqual(plan);
  });

  it.each([
    ['PLAN_VERSION', { ...plan, version: 9 }, /^the stored plan has version 9; this Millrace knows 6$/],
    ['PLAN_INVALID', { ...plan, steps: [{ kind: 'run' }] }, /^the stored plan cannot be read: steps\.0\.\w+: /],
  ])(
    'that cannot be read is an error, %s, and does not hide other statements in a list',
    async (code, changed, message) => {
      const [good, bad] = [await stored(), await stored()];
      await tamper(bad, changed);
      const error = {
        code,
        message: expect.stringMatching(message),
        hint: expect.stringContaining('submit the statement again'),
      };
      await expect(store.read(bad)).rejects.toMatchObject(error);
      const shown = await store.list({ limit: 2 });
      expect(shown.map(({ id }) => id)).toEqual([bad, good]);
      expect(shown.map(hasUnreadablePlan)).toEqual([true, false]);
      expect(shown[0]).toMatchObject({ error, plan: { steps: [] } });
      expect(shown[1]).toMatchObject({ error: null, plan });
      expect((await store.readAll([bad])).map(hasUnreadablePlan)).toEqual([true]);
    },
  );
});

describe('a retry', () => {
  const test = useSession(mariadb);

  it('of a plan that another version stored is rejected, and starts nothing', async () => {
    const { engine } = test.session;
    const id = await submit(test.session, detect(2, 'old').replace('--model=demo', '--model=/models/absent.onnx'));
    expect(await ended(test.session, id)).toMatchObject({ state: 'failed', error: { code: 'MODEL_MISSING' } });
    const { schema } = test.config;
    await test.query(
      `UPDATE ${schema}.statements SET plan = REPLACE(plan, '"version":6', '"version":9') WHERE id = '${id}'`,
    );
    await expect(engine.retry(id)).rejects.toMatchObject({ code: 'PLAN_VERSION' });
    await expect(engine.status(id)).rejects.toMatchObject({ code: 'PLAN_VERSION' });
    expect(await engine.list({})).toMatchObject([
      { id, state: 'failed', steps: [{ name: 'step-1', state: 'failed' }] },
    ]);
  });
});
