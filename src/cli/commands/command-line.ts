import { Command } from '@commander-js/extra-typings';
import type { Config } from '../../config.ts';
import { errorKinds } from '../../errors.ts';
import { version } from '../../version.ts';
import { addProgramCommands } from './program-commands.ts';
import { addStatementCommands } from './statement-commands.ts';
import { addSurroundingsCommands } from './surroundings-commands.ts';

/** What `millrace` takes. Commands load what they need when they run: a parse shall not wait for the database's client. */
export function openCommandLine(config: Config, environment: NodeJS.ProcessEnv): Command {
  const millrace = new Command('millrace')
    .description('SQL in, GPU workflows out, rows back. Alone on a terminal: a prompt.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand(false)
    .showHelpAfterError('(millrace --help lists the commands)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : errorKinds.request.exitCode))
    .addHelpText('after', settings);
  addProgramCommands(millrace, config, environment);
  addStatementCommands(millrace, config, environment);
  addSurroundingsCommands(millrace, config, environment);
  return millrace;
}

const settings = `
Settings:
  MILLRACE_URL         the server that runs statements; without it, this machine does
  MILLRACE_TOKEN       your token at that server
  MILLRACE_DATASOURCE  this machine's database: mysql://user:password@host:port/database
  MILLRACE_ENGINE      what runs statements here: local, or argo
  MILLRACE_VOLUMES     /datasets=FOLDER,/models=FOLDER: what stands for the volumes here
  MILLRACE_SCHEMA      the system schema in the database; millrace
  MILLRACE_STATE       logs, the prompt's history, the demo's database; .millrace`;
