import { expect, test, vi } from 'vitest';
import type { User } from '../../src/service/access/users.ts';
import { openFairGate } from '../../src/service/fair-gate.ts';
import { planFor, type Request, type SubmissionRules, submit } from '../../src/service/submit.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const user = (name: string): User => ({ name, role: 'user', datasources: null });
const find = 'SELECT file_name FROM shot TO FIND cat INTO found';

function rules(settings: Partial<SubmissionRules> = {}): SubmissionRules {
  return {
    limits: {
      statementBytes: 1000,
      runningStatementsPerUser: 1,
      queuedStatementsPerUser: 10,
      resultBytes: 1000,
      maxStatementSeconds: {},
    },
    images: {},
    profiles: [],
    buckets: {},
    systemSchemas: ['millrace'],
    acceptance: openFairGate(1),
    searches: openFairGate(1),
    acceptanceSeconds: 600,
    observePhase: () => {},
    ...settings,
  };
}

/** A stand-in for a datasource, whose planner and database answer when the test lets them. */
function standIn() {
  const planning = new Map<string, PromiseWithResolvers<unknown>>();
  const plan = { kind: 'plan', version: 0, steps: [] };
  const room = Promise.withResolvers<unknown>();
  const datasource = {
    parse: async (text: string) => parseProgram(text),
    plan: vi.fn(({ text }: { text: string }) => {
      const planned = Promise.withResolvers<unknown>();
      planning.set(text, planned);
      if (!text.includes('TO FIND')) planned.resolve(plan);
      return planned.promise;
    }),
    smallReads: { answer: async () => null },
    pool: { query: vi.fn(() => room.promise) },
    schema: 'millrace',
    engine: { submit: vi.fn(async () => {}) },
  };
  return { datasource: datasource as unknown as Request['datasource'] & typeof datasource, planning, room };
}

test('a search for models holds up no program without one, and searches take turns', async () => {
  const { datasource, planning } = standIn();
  const shared = rules();
  const texts = ['1', '2', '3'].map((number) => `${find}${number}`);
  const plans = texts.map((text) => planFor(user('ada'), datasource, text, shared));
  await vi.waitUntil(() => planning.has(texts[0]!));
  await expect(planFor(user('ada'), datasource, 'SELECT 1', shared)).resolves.toMatchObject({ kind: 'plan' });
  for (const [index, text] of texts.entries()) {
    await vi.waitUntil(() => planning.has(text));
    expect([...planning.keys()].filter((each) => each.includes('TO FIND'))).toEqual(texts.slice(0, index + 1));
    planning.get(text)!.resolve(index);
  }
  expect(await Promise.all(plans)).toEqual([0, 1, 2]);
});

test('a statement that was refused because it waited too long is not started later', async () => {
  const { datasource, room } = standIn();
  const acceptance = openFairGate(1);
  const seconds = vi
    .fn(() => 0.05)
    .mockReturnValueOnce(600)
    .mockReturnValueOnce(600);
  const shared: SubmissionRules = {
    ...rules({ acceptance }),
    // Parsing and planning the first have all the time that they need.
    get acceptanceSeconds() {
      return seconds();
    },
  };
  const request: Request = { user: user('ada'), datasource, labels: {}, key: undefined };
  const onHandOver = vi.fn();
  const first = submit(request, 'a', 'SELECT 1', 0, shared, onHandOver);
  await expect(first).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
  expect(datasource.pool.query).toHaveBeenCalled();
  // The first still holds its place.
  await expect(submit(request, 'b', 'SELECT 2', 0, shared, onHandOver)).rejects.toMatchObject({
    code: 'DATABASE_BUSY',
  });
  room.resolve([[{ n: 0, active: 0 }]]);
  await acceptance.run('bob', async () => {});
  expect(datasource.engine.submit).not.toHaveBeenCalled();
  expect(onHandOver).not.toHaveBeenCalled();
});
