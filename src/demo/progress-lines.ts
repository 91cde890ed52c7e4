import { createLogUpdate } from 'log-update';

export interface ProgressLines {
  show(line: string): void;
  /** Takes the line away. */
  end(): void;
}

/** One line redrawn on a terminal; nothing elsewhere, where every state would be a line of its own. */
export function progressLines(stream: NodeJS.WriteStream): ProgressLines {
  if (!stream.isTTY) return { show: () => {}, end: () => {} };
  const update = createLogUpdate(stream);
  return { show: (line) => update(line), end: () => update.clear() };
}
