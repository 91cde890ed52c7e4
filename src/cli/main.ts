import { Command, type OptionValues } from '@commander-js/extra-typings';
import { type Config, readConfig } from '../config.ts';
import { exitCodes } from '../errors.ts';
import { type Output, openOutput } from './output.ts';
import { exitCodeOf, type Source } from './print-error.ts';
import { readSource } from './source.ts';

const environment = readConfig(process.env);

const millrace = new Command('millrace')
  .description('SQL in, GPU workflows out, rows back')
  .showHelpAfterError('(millrace --help lists the commands)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.statement));

// Commands load what they need when they run: a parse shall not wait for the database's client.

withEngine(withProgram('run', 'run the statements of a program')).action((sql, options) =>
  answer(options, sql, async (source, output) => (await import('./run.ts')).runProgram(source, on(options), output)),
);

withEngine(withProgram('explain', 'show the plan of a program; nothing is executed'))
  .option('--format <format>', 'plan, or workflow: the YAML that the engine argo would submit', 'plan')
  .action((sql, options) =>
    answer(options, sql, async (source, output) => {
      const { explainProgram } = await import('./explain.ts');
      return explainProgram(source, on(options), output, { workflow: options.format === 'workflow' });
    }),
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

ofStatement('status', 'show how far a statement is').action((id, { json = false, engine }) =>
  finish(json, async (output) => (await import('./statements.ts')).showStatus(id, on({ engine }), output)),
);

ofStatement('logs', "show what a statement's workers wrote")
  .option('--step <name>', 'of one step only')
  .option('--partition <number>', 'of one partition only', Number)
  .action((id, { json = false, engine, step, partition }) =>
    finish(json, async (output) =>
      (await import('./statements.ts')).showLogs(id, { step, partition }, on({ engine }), output),
    ),
  );

ofStatement('cancel', 'end a statement in good order; what is done is kept').action((id, { json = false, engine }) =>
  finish(json, async (output) => (await import('./statements.ts')).cancelStatement(id, on({ engine }), output)),
);

ofStatement('retry', 'run what is missing of a statement that failed, was cancelled or interrupted').action(
  (id, { json = false, engine }) =>
    finish(json, async (output) => (await import('./statements.ts')).retryStatement(id, on({ engine }), output)),
);

withEngine(millrace.command('list').description('list the last statements'))
  .option('--json', 'print JSON lines')
  .action(({ json = false, engine }) =>
    finish(json, async (output) => (await import('./statements.ts')).listStatements(on({ engine }), output)),
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
  const command = millrace.command(name).description(description).argument('<id>').option('--json', 'print JSON lines');
  return withEngine(command);
}

function withEngine<Args extends unknown[], Options extends OptionValues>(command: Command<Args, Options>) {
  return command.option('--engine <engine>', 'local, or argo: Argo Workflows on Kubernetes (MILLRACE_ENGINE)');
}

/** The environment's settings, on the engine that the command line names. */
function on({ engine }: { readonly engine?: string | undefined }): Config {
  return engine === undefined ? environment : { ...environment, engine };
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
