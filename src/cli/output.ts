import { visibleText } from '../visible-text.ts';
import { errorJson, errorText, type Source } from './print-error.ts';

/** The output of a command: answers go to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  readonly progress: NodeJS.WriteStream;
  line(text: string): void;
  /** Writes one JSON object on its own line. */
  write(value: unknown): void;
  note(text: string): void;
  error(error: unknown): void;
  /** Writes a warning for people, whatever the answer's format. */
  warn(error: unknown): void;
}

/** @param source the program in which errors show their place; null: it has not been read */
export function openOutput(json: boolean, source: () => Source | null): Output {
  const say = (stream: NodeJS.WriteStream, text: string) => void stream.write(`${visibleText(text)}\n`);
  return {
    json,
    progress: process.stderr,
    line: (text) => say(process.stdout, text),
    write: (value) => void process.stdout.write(`${forTerminal(JSON.stringify(value))}\n`),
    note: (text) => say(process.stderr, text),
    warn: (error) => say(process.stderr, errorText(error, null)),
    error(error) {
      if (json) process.stdout.write(`${forTerminal(JSON.stringify({ error: errorJson(error, source()) }))}\n`);
      else say(process.stderr, errorText(error, source()));
      if (process.env.MILLRACE_DEBUG && error instanceof Error) say(process.stderr, `${error.stack}\n${error.cause}`);
    },
  };
}

/** JSON and csv go unchanged to files and programs; on a terminal, control characters are escaped. */
export function forTerminal(text: string): string {
  return process.stdout.isTTY ? visibleText(text) : text;
}
