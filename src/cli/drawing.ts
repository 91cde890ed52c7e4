import { createLogUpdate } from 'log-update';
import { hasEnded } from '../ledger/statement-states.ts';
import type { Statement } from '../service/statement.ts';
import { visibleText } from '../visible-text.ts';
import { progressLine } from './progress.ts';
import { statementTable } from './statement-table.ts';

/** Shows the progress of a statement on standard error. */
export interface Drawing {
  show(statement: Statement): void;
  /** Clears the terminal for other output. */
  clear(): void;
  end(): void;
}

/** Redraws one line on a terminal; elsewhere, writes a line per tenth of the work. */
export function drawLine(stream: NodeJS.WriteStream): Drawing {
  return stream.isTTY ? redrawing(stream, progressLine) : appending(stream);
}

/** Redraws every step and partition on a terminal; elsewhere, does the same as `drawLine`. */
export function drawTable(stream: NodeJS.WriteStream): Drawing {
  if (!stream.isTTY) return appending(stream);
  return redrawing(stream, (statement) => statementTable(statement, new Date(), (stream.rows || 24) - 1).join('\n'));
}

function redrawing(stream: NodeJS.WriteStream, frameOf: (statement: Statement) => string): Drawing {
  const update = createLogUpdate(stream);
  return {
    show: (statement) => update(visibleText(frameOf(statement))),
    clear: () => update.clear(),
    end: () => update.done(),
  };
}

function appending(stream: NodeJS.WriteStream): Drawing {
  let shown = '';
  return {
    show(statement) {
      const line = progressLine(statement);
      const state = statement.error === null || hasEnded(statement) ? tenthOf(statement) : line;
      if (state !== shown && line !== '') stream.write(`${visibleText(line)}\n`);
      shown = state;
    },
    clear: () => {},
    end: () => {},
  };
}

function tenthOf({ progress, steps }: Statement): string {
  const training = steps.find((step) => step.state === 'running' && step.progress !== undefined)?.progress;
  if (training !== undefined) {
    const { unit, done, total } = training;
    return `${unit} ${total === null || total === 0 ? 0 : Math.floor((done * 10) / total)}`;
  }
  return String(progress === null || progress.total === 0 ? 0 : Math.floor((progress.done * 10) / progress.total));
}
