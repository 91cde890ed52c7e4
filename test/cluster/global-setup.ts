import type { TestProject } from 'vitest/node';
import { buildImage, canBuildImages } from './build-image.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Name of the worker's image in the cluster. */
    readonly workerImage: string;
  }
}

/** `MILLRACE_WORKER_IMAGE`, or an image built from docker/worker.Dockerfile if ../shared/cluster can load it into the cluster. */
export default async function setup(project: TestProject): Promise<void> {
  if (!process.env.KUBECONFIG) throw new Error('set KUBECONFIG: ../shared/cluster/up prints one');
  project.provide('workerImage', process.env.MILLRACE_WORKER_IMAGE || (await buildWorker()));
}

async function buildWorker(): Promise<string> {
  if (!canBuildImages) throw new Error('set MILLRACE_WORKER_IMAGE to an image of the worker');
  const name = 'millrace/worker:test';
  await buildImage(name, 'docker/worker.Dockerfile', { target: 'cpu' });
  return name;
}
