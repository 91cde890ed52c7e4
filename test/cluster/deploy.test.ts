import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestNames } from '../../scripts/render-deploy.ts';
import { type KubernetesObject, readManifest } from '../deploy/read-manifest.ts';
import { kubectl } from './kubectl.ts';
import { apply, inNamespace, installAccount, yaml } from './manifests.ts';

const namespace = `deploy-${randomBytes(4).toString('hex')}`;

const golden = new URL('../golden/', import.meta.url);
const workflowFile = (name: string) => new URL(`${name}/workflow.yaml`, golden);
const workflows = readdirSync(golden).filter((name) => existsSync(workflowFile(name)));

describe('the manifests on Kubernetes', () => {
  beforeAll(() => {
    const labels = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    };
    apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }]);
  });

  afterAll(() => {
    kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it.each(manifestNames)('%s passes strict validation, without a warning', (name) => {
    expectValid(readManifest(name));
  });

  it.each(workflows)('the workflow of %s passes strict validation, without a warning', (name) => {
    expectValid([load(readFileSync(workflowFile(name), 'utf8')) as KubernetesObject]);
  });

  describe('the accounts', () => {
    beforeAll(() => {
      for (const account of ['millrace-server', 'workflow']) installAccount(account, namespace);
    });

    it("the server's account may control workflows, list their pods and read their logs", () => {
      expect(rightsOf('millrace-server')).toEqual([
        'pods [list]',
        'pods/log [get]',
        'workflows.argoproj.io [create get list watch patch]',
      ]);
    });

    it("the account of workflows' pods may report results", () => {
      expect(rightsOf('workflow')).toEqual(['workflowtaskresults.argoproj.io [create patch]']);
    });

    it.each(['millrace-server', 'workflow'])('%s may do nothing in another namespace', (account) => {
      expect(rightsOf(account, 'default')).toEqual([]);
    });
  });
});

function expectValid(found: readonly KubernetesObject[]): void {
  const objects = inNamespace(found, namespace);
  const { out, said } = kubectl(
    ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename=-'],
    yaml(objects),
  );
  expect(out.trim().split('\n')).toEqual(
    objects.map(() => expect.stringMatching(/ serverside-applied \(server dry run\)$/)),
  );
  expect(said).toBe('');
}

/** `resource [verbs]` beyond the rights of every account. */
function rightsOf(account: string, where = namespace): readonly string[] {
  const everyone = listRights('nobody', where);
  return listRights(account, where)
    .filter((right) => !everyone.includes(right))
    .toSorted();
}

function listRights(account: string, where: string): readonly string[] {
  const user = `system:serviceaccount:${namespace}:${account}`;
  const { out } = kubectl(['auth', 'can-i', '--list', '--no-headers', `--namespace=${where}`, `--as=${user}`]);
  return out
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+\[\]\s+\[\]\s+/, ' '));
}
