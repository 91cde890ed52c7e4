import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endOnAbort } from '../../end-on-abort.ts';
import type { MillraceError } from '../../errors.ts';
import { trainerFolder } from './environment.ts';
import { errorOf, unexplained } from './trainer-errors.ts';

/** Lines of the trainer's standard output, as trainer/README.md describes them. */
export type TrainerMessage =
  | {
      readonly type: 'progress';
      readonly unit: 'epoch' | 'round' | 'row';
      readonly done: number;
      readonly total: number;
      readonly metrics: Readonly<Record<string, number | null>>;
    }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly hint: string }
  | { readonly type: 'done'; readonly sha256?: string; readonly repeated?: boolean };

export interface TrainerRun {
  /** Python's program of the trainer's environment. */
  readonly python: string;
  /** The folder of the job. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onMessage?: (message: TrainerMessage) => void;
  /** Called for each line of standard error: the libraries' own words. */
  readonly onLog?: (line: string) => void;
}

/** Between SIGTERM and SIGKILL. A round of XGBoost on a large table is not interrupted. */
const graceMs = 10_000;

/**
 * Runs a job to its end; `out/` exists then. The trainer inherits nothing of this process's environment but PATH.
 * @throws the signal's reason, MillraceError TRAIN_…
 */
export async function runTrainer({ python, folder, signal, onMessage, onLog }: TrainerRun): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(python, ['-P', '-m', 'millrace_trainer', folder], {
    cwd: folder,
    env: { PATH: process.env.PATH, PYTHONPATH: trainerFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const release = endOnAbort(child, signal, graceMs);
  let said: MillraceError | null = null;
  createInterface({ input: child.stderr }).on('line', (line) => onLog?.(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message: TrainerMessage = JSON.parse(line);
    onMessage?.(message);
    if (message.type === 'error') said = errorOf(message.code, message.message, message.hint);
  });
  const { code, killedBy } = await ended(child).finally(release);
  if (code === 0) return;
  signal.throwIfAborted();
  throw said ?? unexplained(code, killedBy);
}

interface End {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
}

function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => resolve({ code, killedBy }));
  });
}
