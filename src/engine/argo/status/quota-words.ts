/** What the admission of quotas writes: k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go. */
export const quotaPattern = /exceeded quota: ([^,\s]+)(?:, requested: (\S+), used: (\S+), limited: (\S+))?/;

/** `the namespace's quota gpus is used up: requests.nvidia.com/gpu: 2 of 2 are used, and the pod requests 1` */
export function quotaWords([, quota, requested, used, limited]: RegExpExecArray): string {
  const limits = amounts(limited);
  const uses = amounts(used);
  const parts = Object.entries(amounts(requested)).map(
    ([name, amount]) => `${name}: ${uses[name] ?? 0} of ${limits[name] ?? 0} are used, and the pod requests ${amount}`,
  );
  return `the namespace's quota ${quota} is used up${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`;
}

/** `cpu=1,requests.memory=4Gi` */
function amounts(written = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(
    written.split(',').flatMap((pair) => {
      const at = pair.lastIndexOf('=');
      return at < 0 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]];
    }),
  );
}
