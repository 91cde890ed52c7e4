import { createLogUpdate } from 'log-update';

export interface ProgressLines {
  show(line: string): void;
  /** Clears the line. */
  end(): void;
}

/** Redraws one line on a terminal. Writes nothing elsewhere, because every update would be a line of its own. */
export function progressLines(stream: NodeJS.WriteStream): ProgressLines {
  if (!stream.isTTY) return { show: () => {}, end: () => {} };
  const update = createLogUpdate(stream);
  return { show: (line) => update(line), end: () => update.clear() };
}
