import { createLogUpdate } from 'log-update';
import { bar } from '../progress.ts';

export interface WorkProgress {
  show(done: number, total: number): void;
  /** Nothing is shown after it. */
  end(): void;
}

/** Shows the progress of a command's own work: redraws one line on a terminal, elsewhere writes a line per tenth. */
export function openProgress(stream: NodeJS.WriteStream, what: string): WorkProgress {
  const lineOf = (done: number, total: number) =>
    `${what}  ${bar(total === 0 ? 1 : Math.min(1, done / total))}  ${total === 0 ? 100 : Math.floor((done * 100) / total)} %`;
  if (stream.isTTY) {
    const update = createLogUpdate(stream);
    let hasEnded = false;
    return {
      show: (done, total) => hasEnded || update(lineOf(done, total)),
      end() {
        hasEnded = true;
        update.done();
      },
    };
  }
  let shown = 0;
  return {
    show(done, total) {
      const tenth = total === 0 ? 10 : Math.floor((done * 10) / total);
      if (tenth > shown) stream.write(`${lineOf(done, total)}\n`);
      shown = Math.max(shown, tenth);
    },
    end() {
      shown = 10;
    },
  };
}
