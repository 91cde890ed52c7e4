import { randomUUIDv7 } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openArgoEngine } from '../../../src/engine/argo/argo-engine.ts';
import { boundedLines } from '../../../src/engine/argo/logs/bounded-lines.ts';
import type { Engine, LogFilter } from '../../../src/engine/engine.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import { purge } from '../../../src/ledger/purge.ts';
import { mariadb, useDatabase } from '../../database.ts';
import { deployment, runStep } from '../../workflow/deployment.ts';
import { type StandInCluster, type StandInPod, standInForCluster } from './cluster-stand-in.ts';

const completed = {
  metadata: { labels: { 'workflows.argoproj.io/completed': 'true' } },
  status: { phase: 'Succeeded' },
};

describe('logs of a statement that has ended, with a stand-in for the cluster', () => {
  const database = useDatabase(mariadb);
  let cluster: StandInCluster;
  let engine: Engine;
  let id: string;
  let closing: AbortController;
  const errors: unknown[] = [];

  beforeAll(() => migrate(database.pool, database.systemSchema));
  beforeEach(async () => {
    cluster = await standInForCluster();
    const { pool, systemSchema: schema } = database;
    engine = openArgoEngine({ api: cluster.api, pool, deployment: { ...deployment, schema } });
    id = randomUUIDv7();
    closing = new AbortController();
    const plan = { kind: 'plan', version: 6, steps: [runStep({ name: 'step-1' })] } as const;
    await engine.submit({ id, text: 'SELECT 1', plan, submittedBy: 'ada', server: null });
  });
  afterEach(async () => {
    closing.abort();
    await engine.close();
  });

  function addPod(name: string, source: string, log: string, more: Partial<StandInPod> = {}): StandInPod {
    const labels = { 'millrace/statement': id, 'millrace/step': 'step-1', 'millrace/source': source };
    const pod = { name, labels, log, ...more };
    cluster.pods.push(pod);
    return pod;
  }

  async function logs(filter: LogFilter = {}): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const { step, source, text } of engine.logs(id, filter)) lines.push(`${step} ${source} ${text}`);
    return lines;
  }

  const count = async (table: string) => {
    const [rows] = await database.pool.query(`SELECT * FROM ${database.systemSchema}.${table} WHERE statement_id = ?`, [
      id,
    ]);
    return (rows as unknown[]).length;
  };

  async function end(): Promise<void> {
    cluster.change(`millrace-${id}-1`, completed);
    expect((await engine.status(id)).state).toBe('succeeded');
    expect(await count('due_logs')).toBe(1);
    void engine.keepRecords(closing.signal, (error) => errors.push(error));
  }

  it('stay when its pods are gone, exactly as they were, and go with the statement', async () => {
    addPod('1', 'prepare', 'time=1 level=INFO msg="waiting" argo=true\n{"msg":"über"}\n\nlast');
    addPod('2', 'partition-10', '');
    addPod('3', 'partition-2', 'zero\n');
    const before = await logs();
    expect(before).toHaveLength(4);
    await end();
    await expect.poll(() => count('due_logs')).toBe(0);
    cluster.pods.length = 0;
    expect(await logs()).toEqual(before);
    expect(await logs({ step: 'step-1', partition: 2 })).toEqual(['step-1 partition-2 zero']);
    expect(await logs({ follow: true })).toEqual(before);
    expect(errors).toEqual([]);
    await purge(database.pool, database.systemSchema, '2100-01-01 00:00:00');
    expect([await count('pod_logs'), await count('due_logs')]).toEqual([0, 0]);
  });

  it('are stored of a pod once it has ended, and read from it until then', async () => {
    addPod('1', 'prepare', 'one\n');
    addPod('2', 'partition-0', 'two\n', { followers: new Set() });
    await end();
    await expect.poll(() => count('pod_logs')).toBe(1);
    expect(await count('due_logs')).toBe(1);
    cluster.pods.shift();
    expect(await logs()).toEqual(['step-1 prepare one', 'step-1 partition-0 two']);
  });

  it('keep the start and the end of a pod that writes very much', async () => {
    const line = 'x'.repeat(1023);
    addPod('1', 'prepare', `first\n${`${line}\n`.repeat(3000)}last\n`);
    await end();
    await expect.poll(() => count('due_logs')).toBe(0);
    cluster.pods.length = 0;
    const kept = await logs();
    expect([kept[0], kept.at(-1)]).toEqual(['step-1 prepare first', 'step-1 prepare last']);
    expect(kept.filter((text) => text.includes('lines are not kept'))).toHaveLength(1);
    expect(kept.join('\n').length).toBeLessThan(1.1 * 2 ** 20);
  });
});

it('the lines of a log are kept whole if they fit, or with a note of how many are missing', async () => {
  async function* lines(count: number) {
    for (let number = 0; number < count; number++) yield `line ${number}`;
  }
  expect(await boundedLines(lines(3), 100)).toEqual(['line 0', 'line 1', 'line 2']);
  expect(await boundedLines(lines(9), 32)).toEqual([
    'line 0',
    'line 1',
    '… 5 lines are not kept, because the log is too long …',
    'line 7',
    'line 8',
  ]);
  expect(await boundedLines(lines(1), 0)).toEqual(['… 1 line is not kept, because the log is too long …']);
});
