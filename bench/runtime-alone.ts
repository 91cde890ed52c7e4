import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RuntimeWork } from './runtime-process.ts';

/** onnxruntime and nothing else, in any number of processes, each with its share of the pictures. */
export interface RuntimeAlone {
  /** Runs the same tensors in one process after another, or in all processes at once. @returns images/s of all together */
  measure(how: 'in turn' | 'at once'): Promise<number>;
  close(): void;
}

/** Prepares the tensors before anything is measured. */
export async function startRuntimeAlone(
  modelFile: string,
  files: readonly string[],
  processes: number,
): Promise<RuntimeAlone> {
  const shares = Array.from({ length: processes }, (_, share) => files.filter((_, at) => at % processes === share));
  const children = shares.map((share) => start({ modelFile, files: share }));
  await Promise.all(children.map(answerOf));
  return {
    async measure(how) {
      const seconds = how === 'in turn' ? await inTurn(children) : await atOnce(children);
      return files.length / seconds;
    },
    close: () => {
      for (const child of children) child.kill();
    },
  };
}

function start(work: RuntimeWork): ChildProcess {
  const program = fileURLToPath(new URL('runtime-process.ts', import.meta.url));
  return fork(program, { env: { ...process.env, BENCH_RUNTIME: JSON.stringify(work) } });
}

async function inTurn(children: readonly ChildProcess[]): Promise<number> {
  let seconds = 0;
  for (const child of children) seconds += await run(child);
  return seconds;
}

async function atOnce(children: readonly ChildProcess[]): Promise<number> {
  return Math.max(...(await Promise.all(children.map(run))));
}

async function run(child: ChildProcess): Promise<number> {
  const answer = answerOf(child);
  child.send('go');
  return (await answer) as number;
}

/** The child's next message. A child exits only on request; any other exit is an error. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const died = new AbortController();
  const end = (code: number | null) => died.abort(new Error(`a process of the runtime ended with ${code}`));
  child.once('exit', end);
  const [answer] = await once(child, 'message', { signal: died.signal });
  child.off('exit', end);
  return answer;
}
