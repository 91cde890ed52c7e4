import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Answer {
  readonly out: string;
  /** Warnings and errors of the API server. */
  readonly said: string;
}

/** The kubectl of ../shared/cluster, which has the cluster's version, or else that of this machine. */
const cluster = join(process.env.MILLRACE_CLUSTER_CACHE ?? '/var/cache/millrace-cluster', 'kube');
const [program, ...first] = existsSync(cluster) ? [cluster, 'kubectl'] : ['kubectl'];

/** Runs kubectl against KUBECONFIG with `input` as its standard input. @throws kubectl's message if it fails */
export function kubectl(words: readonly string[], input = ''): Answer {
  const { status, stdout, stderr, error } = spawnSync(program!, [...first, ...words], { input, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`kubectl ${words.join(' ')}: ${stderr}`);
  return { out: stdout, said: stderr };
}
