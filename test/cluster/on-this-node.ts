import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { CoreV1Api } from '@kubernetes/client-node';
import pRetry from 'p-retry';

const scripts = join(import.meta.dirname, '../../../shared/cluster');
const pids = join(process.env.MILLRACE_CLUSTER_STATE ?? '/var/lib/millrace-cluster', 'pids');

/** Kills the worker in a pod with SIGKILL, as the node's kernel would. This machine is the node. @returns false if none runs there */
export async function killWorker(podUid: string): Promise<boolean> {
  const found = await Promise.all((await readdir('/proc')).filter(isPid).map((pid) => isWorkerOf(podUid, pid)));
  const workers = found.filter((pid) => pid !== null);
  for (const pid of workers) process.kill(pid, 'SIGKILL');
  return workers.length > 0;
}

/** The folder of this machine that a claim of ../shared/cluster is. */
export async function claimFolder(
  { core, namespace }: { readonly core: CoreV1Api; readonly namespace: string },
  name: string,
): Promise<string> {
  const { spec: claim } = await core.readNamespacedPersistentVolumeClaim({ namespace, name });
  const { spec } = await core.readPersistentVolume({ name: claim!.volumeName! });
  return (spec!.hostPath ?? spec!.local)!.path;
}

function isPid(name: string): boolean {
  return /^\d+$/.test(name);
}

/** The names of a pod's control groups contain its uid: https://kubernetes.io/docs/concepts/architecture/cgroups/ */
async function isWorkerOf(podUid: string, pid: string): Promise<number | null> {
  const read = (file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '');
  const [groups, command] = await Promise.all([read('cgroup'), read('cmdline')]);
  const inPod = groups.includes(podUid) || groups.includes(podUid.replaceAll('-', '_'));
  return inPod && command.split('\0')[1]?.endsWith('src/worker/main.ts') ? Number(pid) : null;
}

/** Kills the workflow controller (Argo's own or the stand-in) and starts it again. */
export async function restartController(whileGone: () => Promise<void>): Promise<void> {
  const { pid, environment } = await findController();
  process.kill(pid, 'SIGKILL');
  try {
    await whileGone();
  } finally {
    // On a busy machine, the script gives up after 30 s; another run continues from there.
    const start = () => promisify(execFile)(join(scripts, 'up'), [], { env: { ...process.env, ...environment } });
    await pRetry(start, { retries: 3, minTimeout: 0 });
  }
}

/** The controller, with the environment in which `up` starts the same one again. */
async function findController(): Promise<{ readonly pid: number; readonly environment: Record<string, string> }> {
  const argo = await readPid('argo');
  if (argo === null) return { pid: (await readPid('argo-standin'))!, environment: { MILLRACE_CLUSTER_ARGO: '' } };
  return { pid: argo, environment: { MILLRACE_CLUSTER_ARGO: dirname(await readlink(`/proc/${argo}/exe`)) } };
}

/** Reads a pid. The file also contains the start time. */
async function readPid(name: string): Promise<number | null> {
  const line = await readFile(join(pids, name), 'utf8').catch(() => null);
  return line === null ? null : Number(line.split(' ')[0]);
}

/** Whether Argo's own controller runs the workflows, not the stand-in. */
export async function runsOwnArgo(): Promise<boolean> {
  return (await readPid('argo')) !== null;
}
