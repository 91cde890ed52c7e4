import { type Config, readConfig } from '../config.ts';
import { openCommandLine } from './commands/command-line.ts';
import { endWithParent } from './end-with-parent.ts';
import { openOutput } from './output.ts';
import { exitCodeOf } from './print-error.ts';
import { watchStandardStreams } from './standard-output.ts';

watchStandardStreams();
endWithParent(process.env);
const config = configured(process.env);
if (config !== null) await start(config);

async function start(config: Config): Promise<void> {
  const { argv, stdin, stdout } = process;
  if (argv.length === 2 && stdin.isTTY && stdout.isTTY) {
    const { startPrompt } = await import('./prompt/start-prompt.ts');
    process.exitCode = await startPrompt(config, process.env);
  } else {
    await openCommandLine(config, process.env).parseAsync();
  }
}

/** Prints an error if the settings are invalid. @returns null then */
function configured(environment: NodeJS.ProcessEnv): Config | null {
  try {
    return readConfig(environment);
  } catch (error) {
    openOutput(process.argv.includes('--json'), () => null).error(error);
    process.exitCode = exitCodeOf(error);
    return null;
  }
}
