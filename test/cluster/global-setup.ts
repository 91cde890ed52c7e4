import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The worker's image, as the cluster has it. */
    readonly workerImage: string;
  }
}

const root = join(import.meta.dirname, '../..');
const scripts = join(root, '../shared/cluster');

/** `MILLRACE_WORKER_IMAGE`, or an image built from docker/worker.Dockerfile where ../shared/cluster can bring it into the cluster. */
export default async function setup(project: TestProject): Promise<void> {
  if (!process.env.KUBECONFIG) throw new Error('set KUBECONFIG: ../shared/cluster/up prints one');
  project.provide('workerImage', process.env.MILLRACE_WORKER_IMAGE || (await buildWorker()));
}

async function buildWorker(): Promise<string> {
  if (!existsSync(join(scripts, 'build-image'))) throw new Error('set MILLRACE_WORKER_IMAGE to an image of the worker');
  const name = 'millrace/worker:test';
  const options = [
    '--build-arg',
    'BASE=localhost/node:24-slim',
    '--target',
    'cpu',
    '-f',
    'docker/worker.Dockerfile',
    '.',
  ];
  await promisify(execFile)(join(scripts, 'base-image'), []);
  await promisify(execFile)(join(scripts, 'build-image'), [name, ...options], { cwd: root, maxBuffer: 2 ** 26 });
  return name;
}
