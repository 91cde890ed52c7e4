import type { Nodes, ObservedWorkflow, WorkflowNode } from '../workflows/observed-workflow.ts';

/** What a pod that does not start waits for. */
export type WaitingFor = 'image' | 'gpu' | 'room' | 'node' | 'claim' | 'secret' | 'quota' | 'other';

export interface Waiting {
  readonly step: string;
  /** `prepare`, `partition-3`, `finish`, `statement` */
  readonly source: string;
  readonly since: string;
  readonly reason: WaitingFor;
  /** In a user's words. */
  readonly message: string;
  readonly hint: string;
}

interface Words {
  readonly reason: WaitingFor;
  readonly pattern: RegExp;
  readonly message: (found: RegExpExecArray) => string;
  readonly hint: string;
}

/** What the kubelet, the scheduler and the API server write, most telling first. */
const words: readonly Words[] = [
  {
    reason: 'image',
    pattern:
      /^(?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|RegistryUnavailable|ImageInspectError)\b.*?image "([^"]+)"/s,
    message: ([, image]) => `the image ${image} cannot be pulled`,
    hint: 'check its name and tag, and that the cluster may pull it',
  },
  {
    reason: 'image',
    pattern:
      /^(?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|RegistryUnavailable|ImageInspectError)\b(?:: (.*))?/s,
    message: ([, why]) => `the image cannot be pulled${why === undefined ? '' : `: ${why}`}`,
    hint: 'check its name and tag, and that the cluster may pull it',
  },
  {
    reason: 'claim',
    pattern: /persistentvolumeclaim "([^"]+)" not found/,
    message: ([, claim]) => `there is no claim ${claim}`,
    hint: 'create it, or name another with the volume attribute',
  },
  {
    reason: 'claim',
    pattern: /unbound immediate PersistentVolumeClaims|volume node affinity conflict/,
    message: () => 'a claim is not bound to a volume that a node can mount',
    hint: "see the claim's events: kubectl describe pvc",
  },
  {
    reason: 'secret',
    pattern: /secret "([\w.-]+\.service-account-token)" not found/,
    message: ([, secret]) => `there is no secret ${secret}, whose token Argo's executor needs`,
    hint: 'create it, as deploy/chart/templates/workflow-rbac.yaml does',
  },
  {
    reason: 'secret',
    pattern: /secret "([^"]+)" not found|couldn't find key (\S+) in Secret (\S+)/,
    message: ([, secret, key, of]) =>
      secret === undefined ? `the secret ${of} has no key ${key}` : `there is no secret ${secret}`,
    hint: "the database's DSN is kept there; create it",
  },
  {
    reason: 'gpu',
    pattern: /Insufficient nvidia\.com\/gpu/,
    message: () => 'no node has the GPUs free',
    hint: 'it starts once a node has as many free, if one is as large; WITH gpu asks for fewer',
  },
  {
    reason: 'room',
    pattern: /Insufficient (cpu|memory|ephemeral-storage|pods)/,
    message: ([, resource]) => `no node has enough ${resource === 'pods' ? 'room for pods' : resource} free`,
    hint: 'it starts once a node has, if one is as large; WITH cpu and memory ask for less',
  },
  {
    reason: 'node',
    pattern: /didn't match Pod's node affinity\/selector|untolerated taint/,
    message: () => 'no node that the pod may run on fits it',
    hint: 'check node_selector against the labels and taints of the nodes',
  },
  {
    reason: 'quota',
    pattern: /exceeded quota: ([^,]+)/,
    message: ([, quota]) => `the namespace's quota ${quota} is used up`,
    hint: 'it starts as soon as there is room; or raise the quota',
  },
  {
    reason: 'other',
    pattern: /^(?:Unschedulable|CreateContainer\w*Error|RunContainerError|FailedMount)\b(?:: (.*))?/s,
    message: ([found, why]) => why ?? found,
    hint: 'kubectl describe pod says more',
  },
];

/** The pods that wait for something that others must give, by step and source; those that are just starting are not among them. */
export function waitingPods({ metadata: { name } }: ObservedWorkflow, nodes: Nodes): readonly Waiting[] {
  return Object.values(nodes).flatMap((node) => {
    const found = node.type === 'Pod' && node.phase === 'Pending' ? wordsFor(node.message ?? '') : null;
    const place = found === null ? null : placeOf(node, name);
    return found === null || place === null ? [] : [{ ...place, since: node.startedAt ?? '', ...found }];
  });
}

function wordsFor(text: string): Pick<Waiting, 'reason' | 'message' | 'hint'> | null {
  for (const { reason, pattern, message, hint } of words) {
    const found = pattern.exec(text);
    if (found !== null) return { reason, message: message(found), hint };
  }
  return null;
}

/** `<workflow>.<step>[.<task>[(<index>:<item>)]][(<attempt>)]`; null for a node that is none of ours. */
export function placeOf(
  { name }: Pick<WorkflowNode, 'name'>,
  workflow: string,
): { step: string; source: string } | null {
  if (!name.startsWith(`${workflow}.`)) return null;
  const found = /^([^.()]+)(?:\.([^.()]+)(?:\(\d+:(\d+)\))?)?(?:\(\d+\))?$/.exec(name.slice(workflow.length + 1));
  const [, step, task, partition] = found ?? [];
  if (step === undefined) return null;
  return { step, source: partition === undefined ? (task ?? 'statement') : `${task}-${partition}` };
}
