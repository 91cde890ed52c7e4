import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const scripts = join(root, '../shared/cluster');

/** Only ../shared/cluster can load an image into the cluster. */
export const canBuildImages = existsSync(join(scripts, 'build-image'));

/**
 * Builds a Dockerfile of the project on Node's base image and loads it into the cluster.
 * @param name includes the tag, as does `worker`, an image that was built before
 */
export async function buildImage(
  name: string,
  dockerfile: string,
  {
    context = '.',
    target,
    worker,
  }: { readonly context?: string; readonly target?: string; readonly worker?: string } = {},
): Promise<void> {
  const options = [
    ...['--build-arg', 'BASE=localhost/node:24-slim'],
    ...(worker === undefined ? [] : ['--build-arg', `WORKER=docker.io/${worker}`]),
    ...(target === undefined ? [] : ['--target', target]),
  ];
  await script('base-image', []);
  await script('build-image', [name, ...options, '-f', dockerfile, context]);
}

/** Loads a folder into the cluster, as an image that contains nothing else. */
export async function loadImage(name: string, folder: string, entrypoint: readonly string[]): Promise<void> {
  await script('load-image', [name, folder], { CONFIG: `"Entrypoint":${JSON.stringify(entrypoint)}` });
}

async function script(name: string, words: readonly string[], environment = {}): Promise<void> {
  const env = { ...process.env, ...environment };
  await promisify(execFile)(join(scripts, name), words, { cwd: root, env, maxBuffer: 2 ** 26 });
}

/** ../shared/cluster/README.md, "Looking inside" */
const containerd = ['--address', '/run/millrace-cluster/containerd.sock', '--namespace', 'k8s.io'];

/** @param names full names, with registry and tag */
export async function removeImages(names: readonly string[]): Promise<void> {
  await promisify(execFile)('ctr', [...containerd, 'images', 'remove', ...names]);
}
