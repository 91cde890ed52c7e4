import { load } from 'js-yaml';
import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { environmentOf, logLine, millrace, start } from '../cli/millrace.ts';
import { detect, ended, rowsDone, submit } from '../use-session.ts';
import { kubectl } from './kubectl.ts';
import { useCluster } from './use-cluster.ts';

const rows = 120;
const slowly = 'partitions = 2, cpu = 0.4, commit_rows = 2';

describe('millrace --engine=argo', () => {
  const cluster = useCluster();
  const rowsOf = (table: string) => cluster.query(`SELECT * FROM ${table} ORDER BY id, detection_no`);
  let environment: Record<string, string>;
  let expected: readonly RowDataPacket[];
  const detectionsOf = (from: number, to: number) => expected.filter(({ id }) => id >= from && id <= to).length;

  beforeAll(async () => {
    environment = {
      ...environmentOf(cluster),
      KUBECONFIG: process.env.KUBECONFIG!,
      MILLRACE_NAMESPACE: cluster.namespace,
      MILLRACE_WORKER_IMAGE: inject('workerImage'),
    };
    const id = await submit(cluster.session, detect(rows, 'expected'));
    expect(await ended(cluster.session, id)).toMatchObject({ state: 'succeeded' });
    expected = await rowsOf('expected');
  });

  const onArgo = (...args: readonly string[]) => millrace([...args, '--engine=argo'], environment);
  const statusOf = async (id: string) => JSON.parse((await onArgo('status', id, '--json')).stdout);

  /** A run that has processed some of its rows, but not all. */
  const inTheMiddle = async (table: string) => {
    const run = start(['run', detect(rows, table, slowly), '--engine=argo'], environment);
    const submitted = () => cluster.query(`SELECT id FROM ${namesIn(table)}`);
    await expect.poll(async () => (await submitted()).length, { timeout: 60_000 }).toBe(1);
    const [statement] = await submitted();
    const status = await cluster.when(statement!.id, (status) => rowsDone(status) > 0);
    expect(rowsDone(status)).toBeLessThan(rows);
    return { ...run, id: status.id };
  };

  const namesIn = (table: string) =>
    `\`${cluster.database.systemSchema}\`.statements WHERE text LIKE '%INTO ${table};'`;

  describe('a run to its end', () => {
    let id: string;

    it('reports its progress and its results, and has the same rows as on the local engine', async () => {
      const { code, stdout, stderr } = await onArgo('run', detect(rows, 'whole', 'partitions = 2'));
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(await rowsOf('whole')).toEqual(expected);
      const lines = stderr.trimEnd().split('\n');
      const [found, end] = lines.splice(-2);
      expect(found).toBe(`whole: ${expected.length} detections in ${rows} images`);
      expect(end).toMatch(/^succeeded in .*s {2}[0-9a-f-]{36}$/);
      expect(lines[0]).toMatch(/^(queued|selecting rows) …$/);
      expect(lines.at(-1)).toMatch(new RegExp(`^step-1 {2}█{24} {2}${rows}/${rows} images `));
      const done = lines.flatMap((line) => /^step-1 {2}[█─]{24} {2}(\d+)\/120 images {2}/.exec(line)?.[1] ?? []);
      expect(done.map(Number)).toEqual(done.map(Number).toSorted((a, b) => a - b));
      id = end!.slice(-36);
    });

    it('has a status', async () => {
      const { code, stdout, stderr } = await onArgo('status', id);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [head, ...lines] = stdout.trimEnd().split('\n');
      expect(head).toMatch(new RegExp(`^${id}  succeeded  .*s  by `));
      const bar = '█'.repeat(24);
      const [first, second] = [1, 61].map((from) => detectionsOf(from, from + 59));
      expect(lines).toEqual([
        `step-1  run  succeeded  ${bar}  120/120 images  → whole`,
        `  partition 0  done     ${bar}  60/60  ${first} detections`,
        `  partition 1  done     ${bar}  60/60  ${second} detections`,
      ]);
    });

    it('has logs of all its pods, and of one partition', async () => {
      const { stdout, ...all } = await onArgo('logs', id);
      expect(all).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trimEnd().split('\n');
      const sources = lines.map((line) => logLine.exec(line)?.[1] ?? line);
      expect([...new Set(sources)]).toEqual(['prepare', 'worker-0', 'worker-1', 'finish']);
      const one = await onArgo('logs', id, '--step=step-1', '--partition=1');
      const its = lines.filter((line) => / {2}partition=1\b/.test(line));
      expect(its.length).toBeGreaterThan(1);
      expect(one).toEqual({ code: 0, stdout: `${its.join('\n')}\n`, stderr: '' });
      const records = (await onArgo('logs', id, '--json')).stdout.trimEnd().split('\n');
      expect(records.map((record) => JSON.parse(record).source)).toEqual(sources);
    });

    it('is in the list', async () => {
      const { code, stdout } = await onArgo('list');
      expect(code).toBe(0);
      const line = stdout.split('\n').find((line) => line.includes(id));
      expect(line).toMatch(/ succeeded .* 120\/120 +SELECT \* FROM shot /);
    });
  });

  it('cancels a run on Ctrl-C; another process resumes it', async () => {
    const { child, ended: end, id } = await inTheMiddle('interrupted');
    process.kill(-child.pid!, 'SIGINT');
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^cancelled in .*s  ${id}\\n$`, 'm'));
    await cluster.noPodsLeft(id);
    expect(await cluster.query("SHOW TABLES LIKE 'interrupted'")).toEqual([]);
    const retried = await onArgo('retry', id);
    expect(retried).toMatchObject({ code: 0, stderr: expect.stringMatching(/^succeeded in /m) });
    expect(await rowsOf('interrupted')).toEqual(expected);
  });

  it('cancels a run from another process', async () => {
    const { ended: end, id } = await inTheMiddle('cancelled');
    expect(await onArgo('cancel', id)).toEqual({
      code: 0,
      stdout: '',
      stderr: `${id} is being cancelled; to resume it, run millrace retry ${id}\n`,
    });
    expect(await end).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(new RegExp(`^cancelled in .*s  ${id}\\n$`, 'm')),
    });
  });

  it('does not stop a run when it is killed with -9; another process follows the run to its end', async () => {
    const { child, ended: end, id } = await inTheMiddle('killed');
    child.kill('SIGKILL');
    await end;
    expect(await statusOf(id)).toMatchObject({ state: 'running', error: null });
    expect(await onArgo('watch', id)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(new RegExp(`^succeeded in .*s  ${id}\\n$`, 'm')),
    });
    expect(await rowsOf('killed')).toEqual(expected);
  });

  it('runs the YAML of explain, created with kubectl, as the same statement', async () => {
    const { code, stdout } = await onArgo('explain', detect(rows, 'created'), '--format=workflow');
    expect(code).toBe(0);
    const { name } = (load(stdout) as { metadata: { name: string } }).metadata;
    expect(kubectl(['create', '--validate=strict', '-f', '-'], stdout)).toEqual({
      out: `workflow.argoproj.io/${name} created\n`,
      said: '',
    });
    const id = /^millrace-(.{36})-1$/.exec(name)?.[1] ?? name;
    await expect.poll(async () => (await statusOf(id)).state, { timeout: 180_000, interval: 2000 }).toBe('succeeded');
    expect(await rowsOf('created')).toEqual(expected);
  });
});
