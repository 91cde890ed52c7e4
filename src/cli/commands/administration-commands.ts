import { Argument, type Command } from '@commander-js/extra-typings';
import type { Config } from '../../config.ts';
import { type PlaceOptions, readPlace } from '../open-service.ts';
import { answer } from './answer.ts';
import { addModelCommands } from './model-commands.ts';
import { placed } from './options.ts';

export function addAdministrationCommands(millrace: Command, config: Config, environment: NodeJS.ProcessEnv): void {
  const on = (options: PlaceOptions) => readPlace(config, environment, options);
  millrace.commandsGroup('Administration:');

  addModelCommands(millrace, on);

  placed(
    millrace.command('doctor').description('check everything that statements need, and print a fix for each failure'),
  )
    .option('--json', 'print JSON lines')
    .action(({ json = false, ...where }) =>
      answer(json, async (output) => (await import('../doctor/doctor.ts')).runDoctor(on(where), environment, output)),
    );

  millrace
    .command('serve')
    .description('start an HTTP server (MILLRACE_HOST, MILLRACE_PORT, MILLRACE_SERVER_CONFIG)')
    .action(() => answer(false, async () => (await import('../serve.ts')).runServer(environment)));

  millrace
    .command('migrate')
    .description('create or update the system schema of the database')
    .option('--json', 'print JSON lines')
    .action(({ json = false }) =>
      answer(json, async (output) => (await import('../migrate.ts')).migrateSchema(config, output)),
    );

  millrace
    .command('accounts')
    .description("print the SQL that creates the database's accounts, with their passwords")
    .option('--database <name>', 'database of your tables and results (default: that of MILLRACE_DATASOURCE)')
    .option('--from <host>', 'host from which the accounts may connect', '%')
    .option('--json', 'print JSON lines')
    .action(({ json = false, ...options }) =>
      answer(json, async (output) => (await import('../accounts.ts')).printAccounts(config, options, output)),
    );

  millrace
    .command('token')
    .description("create a user's token for a server")
    .requiredOption('--name <name>', 'name of the user')
    .option('--role <role>', 'role: reader, user or admin', 'user')
    .option('--json', 'print JSON lines')
    .action(({ json = false, ...user }) =>
      answer(json, async (output) => (await import('../token.ts')).printToken(user, output)),
    );

  millrace
    .command('completion')
    .description('print the completion script of a shell: source <(millrace completion bash)')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action((shell) => answer(false, async () => (await import('../completion.ts')).printCompletion(shell)));

  millrace
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action((words) =>
      answer(false, async () => (await import('../completion.ts')).complete(words, millrace, config, environment)),
    );
}
