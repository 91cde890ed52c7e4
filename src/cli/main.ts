import { readFileSync } from 'node:fs';
import { Command } from '@commander-js/extra-typings';
import { readConfig } from '../config.ts';
import { exitCodes, MillraceError } from '../errors.ts';
import { explainPlan } from '../plan/explain.ts';
import { type Output, openOutput } from './output.ts';
import { exitCodeOf, type Source } from './print-error.ts';

const config = readConfig(process.env);

const program = new Command('millrace')
  .description('SQL in, GPU workflows out, rows back')
  .showHelpAfterError('(millrace --help lists the commands)')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.statement));

program
  .command('run')
  .description('run the statements of a program')
  .argument('[sql]', 'the program; - reads standard input')
  .option('-f, --file <file>', 'read the program from a file')
  .option('--json', 'print JSON lines')
  .action(async (sql, { file, json = false }) => {
    await withSource(sql, file, json, async (source, output) => {
      const { runProgram } = await import('./run.ts');
      return runProgram(source, config, output);
    });
  });

program
  .command('explain')
  .description('show the plan of a program; nothing is executed')
  .argument('[sql]', 'the program; - reads standard input')
  .option('-f, --file <file>', 'read the program from a file')
  .option('--json', 'print the plan as JSON')
  .action(async (sql, { file, json = false }) => {
    await withSource(sql, file, json, async (source, output) => {
      const { openSession } = await import('./session.ts');
      const session = await openSession(config, output.note);
      const plan = await session.plan(source.text).finally(() => session.close());
      if (json) output.write(plan);
      else output.line(explainPlan(plan));
      return 0;
    });
  });

await program.parseAsync();

async function withSource(
  sql: string | undefined,
  file: string | undefined,
  json: boolean,
  command: (source: Source, output: Output) => Promise<number>,
): Promise<void> {
  await ending(openOutput(json, null), async () => {
    const source = readSource(sql, file);
    return ending(openOutput(json, source), (output) => command(source, output));
  });
}

async function ending(output: Output, command: (output: Output) => Promise<number | undefined>): Promise<undefined> {
  try {
    process.exitCode = (await command(output)) ?? process.exitCode;
  } catch (error) {
    output.error(error);
    process.exitCode = exitCodeOf(error);
  }
}

function readSource(sql: string | undefined, file: string | undefined): Source {
  if (sql !== undefined && file !== undefined) throw usage('a program and a file are given', 'give one of them');
  if (file !== undefined) return { name: file, text: readText(file) };
  if (sql === '-') return { name: 'stdin', text: readFileSync(0, 'utf8') };
  if (sql !== undefined) return { name: 'statement', text: sql };
  throw usage('no program is given', 'give one in quotes, or -f FILE, or - for standard input');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw usage(`the file ${file} cannot be read`, 'give the path of a file of SQL');
  }
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
