import { errorJson, errorText, type Source } from './print-error.ts';

/** Where a command writes: answers to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  readonly progress: NodeJS.WriteStream;
  line(text: string): void;
  /** One JSON object on a line of its own. */
  write(value: unknown): void;
  note(text: string): void;
  error(error: unknown): void;
}

/** @param source the program that errors point into, once it is read */
export function openOutput(json: boolean, source: () => Source | null): Output {
  return {
    json,
    progress: process.stderr,
    line: (text) => void process.stdout.write(`${text}\n`),
    write: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    error(error) {
      if (json) process.stdout.write(`${JSON.stringify({ error: errorJson(error, source()) })}\n`);
      else process.stderr.write(`${errorText(error, source())}\n`);
      if (process.env.MILLRACE_DEBUG && error instanceof Error)
        process.stderr.write(`${error.stack}\n${error.cause}\n`);
    },
  };
}
