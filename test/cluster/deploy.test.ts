import { randomBytes } from 'node:crypto';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestNames } from '../../scripts/render-deploy.ts';
import { type KubernetesObject, readManifest } from '../deploy/read-manifest.ts';
import { kubectl } from './kubectl.ts';

const namespace = `deploy-${randomBytes(4).toString('hex')}`;

describe('deploy/ on a cluster', () => {
  beforeAll(() => {
    const labels = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    };
    create([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }]);
  });

  afterAll(() => {
    kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it.each(manifestNames)('%s passes strict validation, without a warning', (name) => {
    const objects = inNamespace(readManifest(name));
    const { out, said } = kubectl(
      ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename=-'],
      yaml(objects),
    );
    expect(out.trim().split('\n')).toEqual(
      objects.map(() => expect.stringMatching(/ serverside-applied \(server dry run\)$/)),
    );
    expect(said).toBe('');
  });

  describe('the accounts', () => {
    beforeAll(() => {
      const kinds = ['ServiceAccount', 'Role', 'RoleBinding'];
      create(inNamespace(readManifest('install.yaml')).filter(({ kind }) => kinds.includes(kind)));
    });

    it("the server's may steer workflows, and read their pods, logs and events", () => {
      expect(rightsOf('millrace-server')).toEqual([
        'events [get list watch]',
        'pods [get list watch]',
        'pods/log [get]',
        'workflows.argoproj.io [create get list watch patch delete]',
      ]);
    });

    it("that of workflows' pods may report results", () => {
      expect(rightsOf('workflow')).toEqual(['workflowtaskresults.argoproj.io [create patch]']);
    });

    it.each(['millrace-server', 'workflow'])('%s may do nothing in another namespace', (account) => {
      expect(rightsOf(account, 'default')).toEqual([]);
    });
  });
});

function create(objects: readonly object[]): void {
  kubectl(['apply', '--server-side', '--filename=-'], yaml(objects));
}

function yaml(objects: readonly object[]): string {
  return objects.map((object) => dump(object)).join('---\n');
}

function inNamespace(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return JSON.parse(
    JSON.stringify(objects, (key, value) => {
      if (key === 'namespace' && value === 'millrace') return namespace;
      return value;
    }),
  ).map((object: KubernetesObject) =>
    object.kind === 'Namespace' ? { ...object, metadata: { ...object.metadata, name: namespace } } : object,
  );
}

/** `resource [verbs]` beyond what every account may. */
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
