import { Command } from '@commander-js/extra-typings';
import type { Config } from '../../config.ts';
import { errorKinds } from '../../errors.ts';
import { version } from '../../version.ts';
import { addAdministrationCommands } from './administration-commands.ts';
import { addDatasetCommands } from './dataset-commands.ts';
import { addProgramCommands } from './program-commands.ts';
import { addStatementCommands } from './statement-commands.ts';

/** The commands of `millrace`. Each loads its modules when it runs, so that `parse` does not wait for the database's client. */
export function openCommandLine(config: Config, environment: NodeJS.ProcessEnv): Command {
  const millrace = new Command('millrace')
    .description('SQL in, GPU workflows out, rows back. Without a command on a terminal, opens a prompt.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand(false)
    // Options after the name of a subcommand are the subcommand's, even those that its parent has too.
    .enablePositionalOptions()
    .showHelpAfterError('(millrace --help lists the commands)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : errorKinds.request.exitCode))
    .addHelpText('after', settings);
  addProgramCommands(millrace, config, environment);
  addStatementCommands(millrace, config, environment);
  addDatasetCommands(millrace, config, environment);
  addAdministrationCommands(millrace, config, environment);
  return millrace;
}

const settings = `
Settings:
  MILLRACE_URL         the server that runs statements (default: this machine)
  MILLRACE_TOKEN       your token for that server
  MILLRACE_DATASOURCE  the database: mysql://user:password@host:port/database
  MILLRACE_ENGINE      the engine: local or argo (default: local)
  MILLRACE_VOLUMES     folders used as volumes: /datasets=FOLDER,/models=FOLDER
  MILLRACE_SCHEMA      the system schema in the database (default: millrace)
  MILLRACE_STATE       folder of logs, history and demo database (default: .millrace)`;
