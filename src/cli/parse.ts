import { createInterface } from 'node:readline';
import type { LexicalMode } from '../sql/lexical-mode.ts';
import { parseProgram } from '../sql/parse.ts';
import { answerLine, type StatementView, viewProgram } from '../sql/program-view.ts';
import type { Output } from './output.ts';
import type { Source } from './print-error.ts';

/** `millrace parse`: prints the statements of a program; with `--json`, one per line. */
export function printStatements(source: Source, mode: LexicalMode | undefined, output: Output): number {
  for (const view of viewProgram(parseProgram(source.text, mode))) {
    if (output.json) output.write(view);
    else output.line(describe(view));
  }
  return 0;
}

function describe({ kind, span, parts }: StatementView): string {
  const lines = Object.entries(parts).map(([name, part]) => `  ${name.padEnd(12)}${JSON.stringify(part)}`);
  return [`${kind}  ${span.start}..${span.end}`, ...lines].join('\n');
}

/** `millrace parse --lines`: answers each line of standard input with one line. Stops reading while its output is not read. */
export async function answerLines(
  input: NodeJS.ReadableStream,
  mode: LexicalMode | undefined,
  output: NodeJS.WritableStream,
): Promise<number> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    if (!output.write(`${answerLine(line, mode)}\n`)) await new Promise((resolve) => output.once('drain', resolve));
  }
  return 0;
}
