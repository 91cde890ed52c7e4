import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { environmentOf, millrace } from '../cli/millrace.ts';
import { accountKubeconfig } from './account-kubeconfig.ts';
import { installAccount } from './manifests.ts';
import { useCluster } from './use-cluster.ts';

describe('millrace doctor --engine=argo', () => {
  const cluster = useCluster();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const doctor = async (kubeconfig: string, namespace = cluster.namespace) => {
    const { code, stdout } = await millrace(['doctor', '--engine=argo', '--json'], {
      ...environmentOf(cluster),
      KUBECONFIG: kubeconfig,
      MILLRACE_NAMESPACE: namespace,
      MILLRACE_WORKER_IMAGE: inject('workerImage'),
    });
    const checks: { name: string; state: string; detail: string; fix: string | null }[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { code, checks };
  };

  const as = (account: string) => accountKubeconfig(cluster, account, folder);

  it('finds no problem if statements can run', async () => {
    const { code, checks } = await doctor(process.env.KUBECONFIG!);
    expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(code).toBe(0);
    const ok = checks.filter(({ state }) => state === 'ok').map(({ name }) => name);
    expect(ok).toEqual(
      expect.arrayContaining(['kubernetes', 'argo workflows', 'may workflows', 'datasource secret', 'claim models']),
    );
  });

  it("finds that the server's account has all necessary rights, even if it cannot check everything", async () => {
    installAccount('millrace-server', cluster.namespace);
    const { code, checks } = await doctor(await as('millrace-server'));
    expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(code).toBe(0);
    expect(checks.filter(({ name }) => name.startsWith('may ')).map(({ state }) => state)).toEqual(Array(3).fill('ok'));
    expect(checks.find(({ name }) => name === 'datasource secret')?.state).toBe('skipped');
  });

  it('reports the rights that an account lacks, and a missing namespace', async () => {
    const limited = await doctor(await as('default'));
    expect(limited.code).toBe(3);
    expect(limited.checks.find(({ name }) => name === 'may workflows')).toMatchObject({
      state: 'failed',
      detail: `the account may not create, get, list, watch, patch workflows in ${cluster.namespace}`,
    });
    const absent = await doctor(process.env.KUBECONFIG!, 'absent');
    expect(absent.checks.find(({ name }) => name === 'namespace')).toMatchObject({
      state: 'failed',
      detail: 'the namespace absent does not exist',
    });
  });
});
