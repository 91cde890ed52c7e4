import type { EnvironmentVariable } from '../../src/workflow/environment.ts';

/**
 * Stands in for Argo and Kubernetes: the container's variables and command after Argo has replaced `{{…}}` and Kubernetes `$(…)`. The
 * latter works like https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
 */
export function fillIn(
  environment: readonly EnvironmentVariable[],
  command: readonly string[],
  parameters: Readonly<Record<string, string>>,
): { readonly environment: Readonly<Record<string, string>>; readonly command: readonly string[] } {
  const known: Record<string, string> = {};
  for (const { name, value } of environment) {
    known[name] = value === undefined ? `the secret ${name}` : byKubernetes(byArgo(value, parameters), known);
  }
  return { environment: known, command: command.map((item) => byKubernetes(byArgo(item, parameters), known)) };
}

function byArgo(text: string, parameters: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(.*?)\}\}/gs, (_tag, name: string) => parameters[name] ?? `(Argo knows no ${name})`);
}

function byKubernetes(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (found, all: string, name: string | undefined) => {
    if (all === '$') return '$';
    return name !== undefined && Object.hasOwn(known, name) ? (known[name] as string) : found;
  });
}
