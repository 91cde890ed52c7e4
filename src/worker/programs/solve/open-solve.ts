import { Worker } from 'node:worker_threads';
import { type ErrorRecord, errorOfRecord, MillraceError } from '../../../errors.ts';
import type { SettingsOf } from '../../../programs/programs.ts';
import { columnsOf, type Problem } from '../../../programs/solve/problem.ts';
import type { InputRow, InputValue, OpenProgram, ProgramPlace } from '../../row-program.ts';
import type { Solved, TextRow } from './solve-rows.ts';

export interface ToSolver {
  readonly problem: Problem;
  readonly rows: readonly TextRow[];
}

export type FromSolver =
  | ({ readonly kind: 'solved' } & Solved)
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** Solves the problem over all rows, in a thread that ends with the work. */
export async function openSolve(
  { problem }: SettingsOf<'solve'>,
  { log, signal }: Pick<ProgramPlace, 'log' | 'signal'>,
): Promise<OpenProgram> {
  return {
    process: async (rows) => {
      const started = performance.now();
      const solved = await solveInThread({ problem, rows: rows.map((row) => textsOf(row, problem)) }, signal);
      const { values, objective, gap, isCutShort } = solved;
      log.info({ objective, gap, seconds: (performance.now() - started) / 1000 }, 'solved');
      if (isCutShort) {
        const distance = `at most ${(gap * 100).toPrecision(2)} % from the optimum`;
        log.warn({ objective, gap }, `time_limit was reached: the best solution so far is published, ${distance}`);
      }
      const timings = { decodeMs: 0, inferMs: 0 };
      return Array.from(values, (value) => ({ outputs: [[value]], timings }));
    },
    close: async () => {},
  };
}

async function solveInThread(workerData: ToSolver, signal: AbortSignal): Promise<Solved> {
  const thread = new Worker(new URL('./solver-thread.ts', import.meta.url), { workerData });
  const end = () => void thread.terminate();
  signal.addEventListener('abort', end, { once: true });
  try {
    const answer = await new Promise<FromSolver>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('its thread has ended')));
    });
    if (answer.kind === 'solved') return answer;
    throw errorOfRecord(answer.error) ?? new MillraceError('INTERNAL', answer.error.message);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const message = `the solver ended without an answer: ${(cause as Error).message}`;
    throw new MillraceError('SOLVER_FAILED', message, { cause, hint: 'give it more memory, or select fewer rows' });
  } finally {
    signal.removeEventListener('abort', end);
    await thread.terminate();
  }
}

function textsOf(row: InputRow, problem: Problem): TextRow {
  return row.map((value, index) => textOf(value, index, problem));
}

function textOf(value: InputValue, index: number, problem: Problem): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return value.toString();
  const { numbers, names } = columnsOf(problem);
  const column = [...numbers, ...names][index];
  throw new MillraceError('PROBLEM_DATA', `the column ${column} holds binary values`, {
    hint: 'select a number or a text in its place',
  });
}
