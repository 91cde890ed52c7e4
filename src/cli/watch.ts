import { createLogUpdate } from 'log-update';
import { type Engine, hasEnded, type StatementStatus } from '../engine/engine.ts';
import { progressLine, progressOf, type Sample } from './progress.ts';

/** Follows a statement to its end. On a terminal one line is redrawn; elsewhere a line is written per tenth of the work. */
export async function watchStatement(engine: Engine, id: string, stream: NodeJS.WriteStream): Promise<StatementStatus> {
  const draw = stream.isTTY ? redrawing(stream) : appending(stream);
  const samples: Sample[] = [];
  let last: StatementStatus | undefined;
  for await (const status of engine.events(id)) {
    last = status;
    takeSample(samples, status);
    draw.show(progressLine(status, samples), status);
  }
  draw.end();
  return last ?? (await engine.status(id));
}

/** Keeps the beginning of the running step and the last samples: the speed is that of the whole step so far. */
function takeSample(samples: Sample[], status: StatementStatus): void {
  const progress = progressOf(status);
  if (progress === null) return;
  const sample = { done: progress.done, atMs: performance.now() };
  if (samples.length > 0 && sample.done < (samples.at(-1)?.done ?? 0)) samples.length = 0;
  if (sample.done !== samples.at(-1)?.done) samples.push(sample);
}

interface Drawing {
  show(line: string, status: StatementStatus): void;
  end(): void;
}

function redrawing(stream: NodeJS.WriteStream): Drawing {
  const update = createLogUpdate(stream);
  return { show: (line) => update(line), end: () => update.done() };
}

function appending(stream: NodeJS.WriteStream): Drawing {
  let shown = '';
  return {
    show(line, status) {
      const state = status.error === null || hasEnded(status) ? tenthOf(status) : line;
      if (state !== shown && line !== '') stream.write(`${line}\n`);
      shown = state;
    },
    end: () => {},
  };
}

function tenthOf(status: StatementStatus): string {
  const progress = progressOf(status);
  return String(progress === null || progress.total === 0 ? 0 : Math.floor((progress.done * 10) / progress.total));
}
