import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, fchmod } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { constants, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { endOnAbort } from '../../end-on-abort.ts';
import type { MillraceError } from '../../errors.ts';
import { makePrivate } from '../../private-folder.ts';
import { type WorkerCommand, workerExit } from '../../task.ts';
import { workerError } from '../worker-error.ts';

const workerProgram = fileURLToPath(new URL('../../worker/main.ts', import.meta.url));
/** Maximum time for a graceful stop, like a pod's terminationGracePeriodSeconds. */
const graceMs = 30_000;

export interface WorkerRun {
  readonly command: WorkerCommand | 'model' | 'train';
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** The process does nothing before this resolves. Default: it begins at once. */
  readonly start?: Promise<void>;
}

export interface WorkerEnd {
  /** null: killed by a signal. */
  readonly exitCode: number | null;
  /** The last error that the worker logged, if it failed. */
  readonly error: MillraceError | null;
}

const cacheSettings = ['MILLRACE_MODEL_CACHE', 'MILLRACE_MODEL_CACHE_BYTES'];
const storeSettings = ['MILLRACE_BUCKETS', 'MILLRACE_S3_ENDPOINT', 'MILLRACE_S3_REGION', 'MILLRACE_S3_PATH_STYLE'];
const storeCredentials = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** Variables that locate programs and CUDA's libraries, select GPUs, and allow URLs and buckets. Workers inherit nothing else from this process. */
const inheritedNames = [
  'PATH',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'MILLRACE_IMAGE_URLS',
  'MILLRACE_TRAINER_PYTHON',
  ...cacheSettings,
  ...storeSettings,
  ...storeCredentials,
];

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(inheritedNames.map((name) => [name, process.env[name]]));
}

/** Folder in which this process stores compiled code, if it does. It halves the start of a worker. */
function compileCache(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  // Node adds a folder for its version and user to the one it is given.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

/** Runs the worker once as a child process and appends its output to the log file. An abort asks it to stop, and later kills it. */
export async function runWorker({ command, environment, logFile, signal, start }: WorkerRun): Promise<WorkerEnd> {
  if (signal.aborted) return { exitCode: workerExit.terminated, error: null };
  await makePrivate(dirname(logFile));
  // The channel (ipc) tells the worker when this process dies.
  const child = spawn(process.execPath, [workerProgram, command], {
    env: {
      ...inherited(),
      ...compileCache(),
      ...environment,
      ...(start === undefined ? {} : { MILLRACE_START: 'told' }),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  lowerPriority(child);
  const release = endOnAbort(child, signal, graceMs);
  // The process may have ended meanwhile.
  void start?.then(() => child.connected && child.send('start', () => {}));
  const output = collectOutput(child, logFile);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  release();
  const error = await output;
  return { exitCode, error: exitCode === workerExit.done ? null : error };
}

/** A lower priority than this process and the database: workers on all cores would keep both from answering. */
function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The worker has already ended, or the system does not allow it.
  }
}

/** Writes both streams to the log. @returns the last error in it */
async function collectOutput(child: ChildProcess, logFile: string): Promise<MillraceError | null> {
  const file = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  file.once('open', (descriptor) => fchmod(descriptor, 0o600, () => {}));
  // A log that cannot be written does not stop the worker.
  const written = finished(file).catch(() => {});
  let error: MillraceError | null = null;
  const follow = async (stream: NodeJS.ReadableStream) => {
    for await (const line of createInterface({ input: stream })) {
      file.write(`${line}\n`);
      error = workerError(line) ?? error;
    }
  };
  await Promise.all([follow(child.stdout as NodeJS.ReadableStream), follow(child.stderr as NodeJS.ReadableStream)]);
  file.end();
  await written;
  return error;
}
