import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

/** What one run over a process's images took. */
export interface Measure {
  readonly seconds: number;
  /** Processor time of all threads of the process. */
  readonly cpuSeconds: number;
  /** Of the process until then. */
  readonly peakMiB: number;
}

/** What such a process is to do; sent to it as the first line. */
export interface MeasuredTask {
  readonly model: string;
  readonly images: readonly string[];
  /** Side of the model's input, px. */
  readonly side: number;
}

/** Processes of one kind, each with its share of the images; each has loaded its model and run it once. */
export interface MeasuredProcesses {
  /** Runs all images in one process after another, or in all processes at once. */
  measure(what: string, how: 'in turn' | 'at once'): Promise<Totals>;
  close(): void;
}

/** Of all processes together. */
export interface Totals {
  readonly imagesPerSecond: number;
  readonly cpuMsPerImage: number;
  /** Of the largest process. */
  readonly peakMiB: number;
}

/** @param command reads a task from the first line of its input, says "ready", and answers each further line with a `Measure` */
export async function startMeasured(
  command: readonly [string, ...string[]],
  task: MeasuredTask,
  processes: number,
): Promise<MeasuredProcesses> {
  const shares = Array.from({ length: processes }, (_, share) =>
    task.images.filter((_, at) => at % processes === share),
  );
  const children = shares.map((images) => start(command, { ...task, images }));
  await Promise.all(children.map(({ next }) => next()));
  const ask = ({ child, next }: Child, what: string) => {
    child.stdin!.write(`${what}\n`);
    return next() as Promise<Measure>;
  };
  return {
    async measure(what, how) {
      if (how === 'at once') {
        const all = await Promise.all(children.map((child) => ask(child, what)));
        return totals(all, Math.max(...all.map(({ seconds }) => seconds)), task.images.length);
      }
      const all: Measure[] = [];
      for (const child of children) all.push(await ask(child, what));
      const seconds = all.reduce((sum, each) => sum + each.seconds, 0);
      return totals(all, seconds, task.images.length);
    },
    close: () => {
      for (const { child } of children) child.kill();
    },
  };
}

function totals(all: readonly Measure[], seconds: number, images: number): Totals {
  return {
    imagesPerSecond: images / seconds,
    cpuMsPerImage: (all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) * 1000) / images,
    peakMiB: Math.max(...all.map(({ peakMiB }) => peakMiB)),
  };
}

interface Child {
  readonly child: ChildProcess;
  /** Its next line. A child exits only on request; any other exit is an error. */
  next(): Promise<unknown>;
}

function start([program, ...args]: readonly [string, ...string[]], task: MeasuredTask): Child {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout!);
  child.stdin!.write(`${JSON.stringify(task)}\n`);
  return { child, next: () => nextLine(program, child, lines) };
}

async function nextLine(program: string, child: ChildProcess, lines: Interface): Promise<unknown> {
  const died = new AbortController();
  const end = (code: number | null) => died.abort(new Error(`${program} ended with ${code}`));
  child.once('exit', end);
  const [line] = await once(lines, 'line', { signal: died.signal });
  child.off('exit', end);
  return JSON.parse(line);
}
