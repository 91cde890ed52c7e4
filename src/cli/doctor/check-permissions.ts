import { MillraceError } from '../../errors.ts';
import { type Check, check } from './check.ts';
import type { Cluster } from './cluster.ts';

/** The rights of the server's Role: deploy/chart/templates/server-rbac.yaml */
const needed = [
  { group: 'argoproj.io', resource: 'workflows', verbs: ['create', 'get', 'list', 'watch', 'patch'] },
  { group: '', resource: 'pods', verbs: ['list'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
] as const;

/** @param where end of the checks' names */
export async function* checkPermissions(cluster: Cluster, namespace: string, where = ''): AsyncGenerator<Check> {
  for (const { group, resource, verbs } of needed) {
    yield check(`may ${resource}${where}`, async () => {
      const answers = await Promise.all(verbs.map((verb) => mayDo(cluster, { namespace, group, resource, verb })));
      const refused = verbs.filter((_, index) => !answers[index]);
      if (refused.length === 0) return verbs.join(', ');
      const list = refused.map((verb) => `"${verb}"`).join(', ');
      throw new MillraceError(
        'KUBERNETES_REFUSED',
        `the account may not ${refused.join(', ')} ${resource} in ${namespace}`,
        {
          hint: `bind the account to a Role with apiGroups ["${group}"], resources ["${resource}"], verbs [${list}]`,
        },
      );
    });
  }
}

interface Access {
  readonly namespace: string;
  readonly group: string;
  /** `pods/log` is the subresource log of pods. */
  readonly resource: string;
  readonly verb: string;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
export async function mayDo(cluster: Cluster, { namespace, group, resource, verb }: Access): Promise<boolean> {
  const [name, subresource] = resource.split('/');
  const { status } = await cluster.post<{ status: { allowed: boolean } }>(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace, group, resource: name, subresource, verb } },
    },
  );
  return status.allowed;
}
