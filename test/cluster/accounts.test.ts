import type { V1Pod } from '@kubernetes/client-node';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { eachRow } from '../../src/datasource/row-stream.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { readResultBatches } from '../../src/ledger/results.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planOf } from '../use-session.ts';
import { useCluster } from './use-cluster.ts';

/** Records what a foreign image receives, and what its account may do. */
const program = `
import { existsSync } from 'node:fs';
import { parseDsn } from '/app/src/datasource/dsn.ts';
import { openPool } from '/app/src/datasource/pool.ts';
const { SQLFLOW_DATASOURCE, SQLFLOW_TO_RUN_SELECT, SQLFLOW_TO_RUN_INTO } = process.env;
const pool = openPool(parseDsn(SQLFLOW_DATASOURCE), { connections: 1 });
const [rows] = await pool.query(SQLFLOW_TO_RUN_SELECT);
const [[{ who }]] = await pool.query('SELECT CURRENT_USER() AS who');
const denied = async (sql) => pool.query(sql).then(() => 'allowed', ({ code }) => code);
const seen = {
  who,
  environment: process.env,
  token: existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  statements: await denied('SELECT COUNT(*) FROM SCHEMA.statements'),
  writing: await denied('DELETE FROM SCHEMA_work.selected'),
};
await pool.query('CREATE TABLE IF NOT EXISTS ' + SQLFLOW_TO_RUN_INTO + ' (id INT, seen LONGTEXT)');
await pool.query('INSERT INTO ' + SQLFLOW_TO_RUN_INTO + ' VALUES ?', [rows.map(({ id }) => [id, JSON.stringify(seen)])]);
await pool.end();
`;

describe('statements on Kubernetes, with a separate account for each purpose', () => {
  const cluster = useCluster();
  const secret = 'accounts';
  let engine: Engine;
  let users: Readonly<Record<'dsn' | 'systemDsn' | 'readerDsn' | 'foreignDsn', string>>;

  beforeAll(async () => {
    const { accounts } = cluster.database;
    const { dsn: user, systemDsn: system, readerDsn: reader, foreignDsn: foreign } = accounts;
    const dsns = Object.entries({ user, system, reader, foreign });
    const stringData = Object.fromEntries(dsns.map(([key, dsn]) => [key, cluster.dsnInPods(dsn)]));
    await cluster.core.createNamespacedSecret({
      namespace: cluster.namespace,
      body: { metadata: { name: secret }, stringData },
    });
    engine = await cluster.engineWith({
      MILLRACE_IMAGES: `example/look=${inject('workerImage')}`,
      MILLRACE_DATASOURCE_SECRET: `${secret}/user`,
      MILLRACE_SYSTEM_DATASOURCE_SECRET: `${secret}/system`,
      MILLRACE_READER_DATASOURCE_SECRET: `${secret}/reader`,
      MILLRACE_FOREIGN_DATASOURCE_SECRET: `${secret}/foreign`,
    });
    users = Object.fromEntries(
      Object.entries(accounts).map(([role, dsn]) => [role, parseDsn(dsn).user]),
    ) as typeof users;
  });

  async function run(text: string, plan: Plan, readOnly: boolean) {
    const server = { readOnly, resultBytes: 100_000, statementSeconds: 60, labels: {} };
    const submission = { ...cluster.submission(text, plan), server };
    await engine.submit(submission);
    return cluster.ended(submission.id, engine);
  }

  async function runStandard(text: string, readOnly: boolean) {
    return run(text, await planOf(cluster.session, text), readOnly);
  }

  async function rowsOf(id: string): Promise<readonly unknown[]> {
    const { pool, systemSchema } = cluster.database;
    const rows: unknown[] = [];
    for await (const row of eachRow(readResultBatches(pool, systemSchema, { statement: id, step: 'step-1' })))
      rows.push(row);
    return rows;
  }

  it.each([
    ["a reader's with that of readers", true, 'readerDsn', ['reader', 'system']],
    ["a user's with that of users", false, 'dsn', ['system', 'user']],
  ] as const)('run standard statements, %s', async (_, readOnly, role, keys) => {
    const { id, ...status } = await runStandard('SELECT CURRENT_USER() AS who, COUNT(*) AS shots FROM shot;', readOnly);
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(await rowsOf(id)).toEqual([[`${users[role]}@%`, '3000']]);
    expect(keysGiven(await cluster.pods(id))).toEqual(keys);
  });

  it.each([
    ['INSERT INTO shot VALUES (0, NULL);', 'DATABASE_RIGHTS'],
    // The session rejects it before the account does.
    ['CREATE TABLE made (id INT);', 'QUERY_FAILED'],
    ['SELECT COUNT(*) FROM SCHEMA.statements;', 'DATABASE_RIGHTS'],
  ])("let the database reject a reader's %s", async (text, code) => {
    const written = text.replace('SCHEMA', cluster.database.systemSchema);
    expect(await runStandard(written, true)).toMatchObject({ state: 'failed', error: { code } });
    expect(await cluster.query('SELECT COUNT(*) AS shots FROM shot')).toEqual([{ shots: '3000' }]);
    expect(await cluster.query("SHOW TABLES LIKE 'made'")).toEqual([]);
  });

  it.each([1, 2])('give foreign images only their own account, in %i partitions', async (partitions) => {
    const { name, systemSchema } = cluster.database;
    const table = `looked_${partitions}`;
    const script = program.replaceAll('SCHEMA', systemSchema);
    const command = ['node', '--input-type=module', '-e', script].map((item) => JSON.stringify(item)).join(', ');
    const text = `SELECT * FROM shot WHERE id <= 4 TO RUN example/look CMD ${command} WITH partitions = ${partitions} INTO ${name}.${table};`;
    const { id, ...status } = await run(text, cluster.planForeign(text), false);
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    const rows = await cluster.query(`SELECT id, seen FROM ${table} ORDER BY id`);
    expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    for (const { seen } of rows) {
      const { environment, ...rest } = JSON.parse(seen);
      expect(rest).toEqual({
        who: `${users.foreignDsn}@%`,
        token: false,
        statements: 'DATABASE_RIGHTS',
        writing: 'DATABASE_RIGHTS',
      });
      expect(JSON.stringify(environment)).toContain(users.foreignDsn);
      for (const role of ['dsn', 'systemDsn', 'readerDsn'] as const)
        expect(JSON.stringify(environment)).not.toContain(users[role]);
    }
    const pods = Map.groupBy(await cluster.pods(id), ({ metadata }) =>
      /^(prepare|finish)$/.test(metadata?.labels?.['millrace/source'] ?? '') ? 'worker' : 'image',
    );
    expect(keysGiven(pods.get('image'))).toEqual(['foreign']);
    expect(keysGiven(pods.get('worker'))).toEqual(partitions === 1 ? [] : ['system', 'user']);
  });
});

/** The keys of the Secret that the pods' own commands receive. */
function keysGiven(pods: readonly V1Pod[] = []): readonly string[] {
  const containers = pods.flatMap(({ spec }) => spec?.containers ?? []).filter(({ name }) => name === 'main');
  const keys = containers.flatMap(({ env = [] }) => env).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []);
  return [...new Set(keys)].toSorted();
}
