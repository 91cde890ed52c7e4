import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../errors.ts';
import type { PictureAnswer, PictureTask } from '../../picture-task.ts';
import { openFairGate } from '../fair-gate.ts';

/** Shows pictures in processes of their own. */
export interface PictureProcesses {
  /**
   * Users with waiting pictures take turns.
   * @param signal of the client that waits: a picture that nobody waits for any more is not begun
   * @throws {MillraceError} PICTURE_UNREADABLE if the process ends or takes too long; the signal's reason
   */
  show(user: string, task: PictureTask, signal: AbortSignal): Promise<PictureAnswer>;
  close(): void;
}

export interface PictureBounds {
  /** Seconds for one picture, from its reading or download to its last byte. */
  readonly seconds: number;
  /** Seconds after which a process without work ends. */
  readonly idleSeconds: number;
  readonly atOnce: number;
  readonly program: string;
}

const usualBounds: PictureBounds = {
  seconds: 20,
  idleSeconds: 60,
  atOnce: Math.min(4, Math.max(2, availableParallelism())),
  program: fileURLToPath(new URL('../../worker/show-pictures.ts', import.meta.url)),
};

/** What it needs to read pictures; it gets no DSN. */
const inheritedNames = [
  ...['PATH', 'LD_LIBRARY_PATH', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'MILLRACE_IMAGE_URLS', 'MILLRACE_BUCKETS'],
  ...['MILLRACE_S3_ENDPOINT', 'MILLRACE_S3_REGION', 'MILLRACE_S3_PATH_STYLE'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
];

export function openPictureProcesses(
  environment: NodeJS.ProcessEnv,
  changes: Partial<PictureBounds> = {},
): PictureProcesses {
  const bounds = { ...usualBounds, ...changes };
  const gate = openFairGate(bounds.atOnce);
  const idle: { readonly child: ChildProcess; readonly timer: NodeJS.Timeout }[] = [];
  const all = new Set<ChildProcess>();
  const env = Object.fromEntries(inheritedNames.map((name) => [name, environment[name]]));

  function start(): ChildProcess {
    const child = fork(bounds.program, [], {
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    all.add(child);
    child.on('error', () => {});
    child.once('exit', () => all.delete(child));
    return child;
  }

  function take(): ChildProcess {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      clearTimeout(last.timer);
      if (last.child.connected) return last.child;
    }
    return start();
  }

  function giveBack(child: ChildProcess): void {
    const timer = setTimeout(() => child.kill('SIGKILL'), bounds.idleSeconds * 1000);
    timer.unref();
    idle.push({ child, timer });
  }

  async function run(task: PictureTask, signal: AbortSignal): Promise<PictureAnswer> {
    signal.throwIfAborted();
    const child = take();
    try {
      const answer = await answerOf(child, task, bounds.seconds);
      giveBack(child);
      return answer;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  return {
    show: (user, task, signal) => gate.run(user, () => run(task, signal)),
    close: () => {
      for (const child of all) child.kill('SIGKILL');
    },
  };
}

async function answerOf(child: ChildProcess, task: PictureTask, seconds: number): Promise<PictureAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PictureAnswer>();
  const late = setTimeout(() => reject(unreadable(`the picture took longer than ${seconds} s`)), seconds * 1000);
  const ended = () => reject(unreadable('the picture ended the process that decoded it'));
  child.once('message', resolve as (answer: unknown) => void);
  child.once('exit', ended);
  child.send(task, (error) => {
    if (error !== null) ended();
  });
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    child.off('exit', ended);
    child.removeAllListeners('message');
  }
}

function unreadable(message: string): MillraceError {
  return new MillraceError('PICTURE_UNREADABLE', message);
}
