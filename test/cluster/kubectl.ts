import { spawnSync } from 'node:child_process';

export interface Answer {
  readonly out: string;
  /** Warnings of the API server, and errors. */
  readonly said: string;
}

/** Runs kubectl against KUBECONFIG with `input` as its standard input. @throws what kubectl says where it fails */
export function kubectl(words: readonly string[], input = ''): Answer {
  const { status, stdout, stderr, error } = spawnSync('kubectl', words, { input, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`kubectl ${words.join(' ')}: ${stderr}`);
  return { out: stdout, said: stderr };
}
