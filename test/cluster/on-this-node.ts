import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const scripts = join(import.meta.dirname, '../../../shared/cluster');
const pids = join(process.env.MILLRACE_CLUSTER_STATE ?? '/var/lib/millrace-cluster', 'pids');

/** Kills the worker in a pod with -9, as the node's kernel would; the node is this machine. */
export async function killWorker(podUid: string): Promise<void> {
  const found = await Promise.all((await readdir('/proc')).filter(isPid).map((pid) => isWorkerOf(podUid, pid)));
  const workers = found.filter((pid) => pid !== null);
  if (workers.length === 0) throw new Error(`the pod ${podUid} has no worker on this machine`);
  for (const pid of workers) process.kill(pid, 'SIGKILL');
}

function isPid(name: string): boolean {
  return /^\d+$/.test(name);
}

/** The kubelet names a pod's control groups after its uid: https://kubernetes.io/docs/concepts/architecture/cgroups/ */
async function isWorkerOf(podUid: string, pid: string): Promise<number | null> {
  const read = (file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '');
  const [groups, command] = await Promise.all([read('cgroup'), read('cmdline')]);
  const inPod = groups.includes(podUid) || groups.includes(podUid.replaceAll('-', '_'));
  return inPod && command.split('\0')[1]?.endsWith('src/worker/main.ts') ? Number(pid) : null;
}

/** Kills what runs workflows, Argo's own controller or the stand-in, and starts it again. */
export async function restartController(whileGone: () => Promise<void>): Promise<void> {
  const names = ['argo', 'argo-standin'];
  const started = await Promise.all(names.map((name) => readFile(join(pids, name), 'utf8').catch(() => null)));
  const pid = Number(started.find((line) => line !== null)?.split(' ')[0]);
  process.kill(pid, 'SIGKILL');
  try {
    await whileGone();
  } finally {
    await promisify(execFile)(join(scripts, 'up'), []);
  }
}
