import { type Output, openOutput } from '../output.ts';
import { exitCodeOf, type Source } from '../print-error.ts';
import { readSource, SourceError } from '../source.ts';

export type ProgramCommand = (source: Source, output: Output) => number | Promise<number>;

/** Runs a command on a program. Errors show their place in the program. */
export function answerProgram(
  sql: string | undefined,
  { file, json = false }: { readonly file?: string; readonly json?: boolean },
  command: ProgramCommand,
): Promise<void> {
  let source: Source | null = null;
  const read = async () => {
    try {
      return await readSource(sql, file);
    } catch (error) {
      if (error instanceof SourceError) source = error.source;
      throw error;
    }
  };
  const run = async (output: Output) => {
    source = await read();
    return command(source, output);
  };
  return answer(json, run, () => source);
}

/** Runs a command, prints its error, and sets the process's exit code. */
export async function answer(
  json: boolean,
  command: (output: Output) => number | Promise<number>,
  source: () => Source | null = () => null,
): Promise<void> {
  const output = openOutput(json, source);
  try {
    process.exitCode = await command(output);
  } catch (error) {
    output.error(error);
    process.exitCode = exitCodeOf(error);
  }
}
