import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openLocalEngine } from '../../src/engine/local/local-engine.ts';
import { openStatementLocks, type StatementLocks } from '../../src/engine/local/statement-locks.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import type { StatementState } from '../../src/ledger/statement-states.ts';
import type { StatementFilter } from '../../src/ledger/statement-status.ts';
import { openStatementStore, type StatementStore } from '../../src/ledger/statement-store.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { servers, useDatabase } from '../database.ts';

const step = {
  name: 'step-1',
  kind: 'sql',
  needs: [],
  sql: 'DO 1',
  onlyReads: false,
  isolated: true,
  runsOthers: false,
  span: { start: 0, end: 4 },
} as const;
const plan: Plan = { kind: 'plan', version: 6, steps: [step] };

interface Given {
  readonly state: StatementState;
  readonly by?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether a living engine runs it. */
  readonly locked?: boolean;
}

/** Oldest first, one second apart. */
const given: readonly Given[] = [
  { state: 'succeeded', labels: { team: 'red', stage: 'test' } },
  { state: 'failed', by: 'bob', labels: { team: 'red' } },
  { state: 'running', labels: { team: 'blue' } },
  { state: 'running', locked: true },
  { state: 'running' },
  { state: 'succeeded', by: 'bob' },
  { state: 'cancelled', labels: { team: 'red', stage: 'test' } },
];

describe.each(servers)('the list of statements on $name', (server) => {
  const database = useDatabase(server);
  const ids: string[] = [];
  let engine: Engine;
  let locks: StatementLocks;

  beforeAll(async () => {
    const { pool, dsn, systemSchema: schema } = database;
    await migrate(pool, schema);
    const store = openStatementStore(pool, schema, 'local');
    locks = openStatementLocks(dsn, schema);
    for (const [index, statement] of given.entries()) ids.push(await insert(store, index, statement));
    const foreign = openStatementStore(pool, schema, 'argo');
    await pool.query(`INSERT INTO ${schema}.workflows VALUES ('on argo', 1)`);
    await foreign.insert({ id: 'on argo', text: '', plan, submittedBy: 'ada', server: null }, 'queued');
    engine = openLocalEngine({ pool, accounts: database.accounts, schema, volumes: {}, stateFolder: '/nowhere' });
    return async () => {
      await engine.close();
      await locks.close();
    };
  });

  async function insert(store: StatementStore, index: number, { state, by = 'ada', labels, locked }: Given) {
    const id = randomUUIDv7();
    const submission =
      labels === undefined ? null : { readOnly: false, resultBytes: 1, statementSeconds: null, labels };
    await store.insert({ id, text: 'DO 1', plan, submittedBy: by, server: submission }, 'running');
    if (state !== 'running') await store.move(id, ['running'], state);
    if (locked) await locks.take(id);
    await database.pool.query(`UPDATE ${database.systemSchema}.statements SET submitted_at = ? WHERE id = ?`, [
      at(index),
      id,
    ]);
    return id;
  }

  const at = (index: number) => `2026-11-21 11:00:0${index}.000000`;
  const found = async (filter?: StatementFilter) => (await engine.list(filter)).map(({ id }) => ids.indexOf(id));

  it('starts with the newest, and shows their steps', async () => {
    expect(await found()).toEqual([6, 5, 4, 3, 2, 1, 0]);
    const [newest] = await engine.list({ limit: 1 });
    const steps = [{ name: 'step-1', state: 'pending', error: null, rows: null, startedAt: null, partitions: [] }];
    expect(newest).toMatchObject({ id: ids[6], state: 'cancelled', text: 'DO 1', plan, submittedAt: at(6), steps });
  });

  it.each<[string, StatementFilter, readonly number[]]>([
    ['a state', { states: ['succeeded'] }, [5, 0]],
    ['several states', { states: ['failed', 'cancelled'] }, [6, 1]],
    ['no state', { states: [] }, []],
    ['running: somebody has it, or a server will', { states: ['running'] }, [3, 2]],
    ['interrupted: nobody has it', { states: ['interrupted'] }, [4]],
    ['a label', { labels: { team: 'red' } }, [6, 1, 0]],
    ['all labels', { labels: { team: 'red', stage: 'test' } }, [6, 0]],
    ["another label's value", { labels: { team: 'test' } }, []],
    ['who submitted', { submittedBy: 'bob' }, [5, 1]],
    ['a time, to exclusive', { from: at(2), to: at(5) }, [4, 3, 2]],
    ['everything at once', { states: ['failed'], labels: { team: 'red' }, submittedBy: 'bob', from: at(0) }, [1]],
  ])('filters by %s', async (_, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each<[string, StatementFilter]>([
    ['everything', {}],
    ['a state that is computed', { states: ['running', 'interrupted', 'cancelled'] }],
  ])('pages through %s, with each statement once', async (_, filter) => {
    const pages: number[] = [];
    for (let after: StatementFilter['after']; ; ) {
      const page = await engine.list({ ...filter, limit: 2, after });
      pages.push(...page.map(({ id }) => ids.indexOf(id)));
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(pages).toEqual(await found(filter));
  });

  it('distinguishes statements of the same moment', async () => {
    const { pool, systemSchema: schema } = database;
    await pool.query(`UPDATE ${schema}.statements SET submitted_at = ?`, [at(0)]);
    const first = await engine.list({ limit: 3 });
    const second = await engine.list({ limit: 9, after: first.at(-1) });
    expect([...first, ...second].map(({ id }) => id)).toEqual(ids.toSorted().reverse());
    for (const [index, id] of ids.entries())
      await pool.query(`UPDATE ${schema}.statements SET submitted_at = ? WHERE id = ?`, [at(index), id]);
  });

  it('reads a page of many statements through an index', async () => {
    const { pool, systemSchema: schema } = database;
    const indexes = async (where: string) => {
      const [rows] = await pool.query(
        `EXPLAIN FORMAT=TRADITIONAL SELECT id FROM ${schema}.statements WHERE ${where} LIMIT 100`,
      );
      return (rows as { possible_keys: string }[]).map(({ possible_keys }) => possible_keys);
    };
    expect(await indexes("state IN ('running')")).toEqual(['state']);
    expect(await indexes("submitted_by = 'ada' AND submitted_at < NOW()")).toEqual(['submitted,submitter']);
  });
});
