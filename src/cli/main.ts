import { Command } from '@commander-js/extra-typings';
import { readConfig } from '../config.ts';
import { exitCodes } from '../errors.ts';
import { type Output, openOutput } from './output.ts';
import { exitCodeOf, type Source } from './print-error.ts';
import { readSource } from './source.ts';

const config = readConfig(process.env);

const millrace = new Command('millrace')
  .description('SQL in, GPU workflows out, rows back')
  .showHelpAfterError('(millrace --help lists the commands)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.statement));

// Commands load what they need when they run: a parse shall not wait for the database's client.

withProgram('run', 'run the statements of a program').action((sql, options) =>
  answer(options, sql, async (source, output) => (await import('./run.ts')).runProgram(source, config, output)),
);

withProgram('explain', 'show the plan of a program; nothing is executed').action((sql, options) =>
  answer(options, sql, async (source, output) => (await import('./explain.ts')).explainProgram(source, config, output)),
);

withProgram('parse', 'show the statements of a program and their parts')
  .option(
    '--lines',
    'answer each line {"id", "sql"} of standard input with a line {"id", "statements"} or {"id", "error"}',
  )
  .action(async (sql, options) => {
    const { answerLines, printStatements } = await import('./parse.ts');
    if (options.lines) process.exitCode = await answerLines(process.stdin, process.stdout);
    else await answer(options, sql, printStatements);
  });

withProgram('format', 'print a program in one canonical style').action((sql, options) =>
  answer({ ...options, json: false }, sql, async (source, output) => {
    const { formatProgram } = await import('../sql/format-program.ts');
    output.line(formatProgram(source.text).replace(/\n$/, ''));
    return 0;
  }),
);

ofStatement('status', 'show how far a statement is').action((id, { json = false }) =>
  finish(json, async (output) => (await import('./statements.ts')).showStatus(id, config, output)),
);

ofStatement('logs', "show what a statement's workers wrote")
  .option('--step <name>', 'of one step only')
  .option('--partition <number>', 'of one partition only', Number)
  .action((id, { json = false, step, partition }) =>
    finish(json, async (output) => (await import('./statements.ts')).showLogs(id, { step, partition }, config, output)),
  );

ofStatement('cancel', 'end a statement in good order; what is done is kept').action((id, { json = false }) =>
  finish(json, async (output) => (await import('./statements.ts')).cancelStatement(id, config, output)),
);

ofStatement('retry', 'run what is missing of a statement that failed, was cancelled or interrupted').action(
  (id, { json = false }) =>
    finish(json, async (output) => (await import('./statements.ts')).retryStatement(id, config, output)),
);

millrace
  .command('list')
  .description('list the last statements')
  .option('--json', 'print JSON lines')
  .action(({ json = false }) =>
    finish(json, async (output) => (await import('./statements.ts')).listStatements(config, output)),
  );

await millrace.parseAsync();

function withProgram(name: string, description: string) {
  return millrace
    .command(name)
    .description(description)
    .argument('[sql]', 'the program; - reads standard input')
    .option('-f, --file <file>', 'read the program from a file')
    .option('--json', 'print JSON lines');
}

function ofStatement(name: string, description: string) {
  return millrace.command(name).description(description).argument('<id>').option('--json', 'print JSON lines');
}

type ProgramCommand = (source: Source, output: Output) => number | Promise<number>;

function answer(
  { file, json = false }: { readonly file?: string; readonly json?: boolean },
  sql: string | undefined,
  command: ProgramCommand,
): Promise<void> {
  let source: Source | null = null;
  const run = (output: Output) => {
    source = readSource(sql, file);
    return command(source, output);
  };
  return finish(json, run, () => source);
}

async function finish(
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
