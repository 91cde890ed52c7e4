import { readConfig } from '../config.ts';
import { openCommandLine } from './commands/command-line.ts';

const { argv, stdin, stdout } = process;

// Who reads the answer may have seen enough, as head(1) has: then this ends as SIGPIPE ends others.
stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 141 : 1));

if (argv.length === 2 && stdin.isTTY && stdout.isTTY) {
  const { startPrompt } = await import('./prompt/start-prompt.ts');
  process.exitCode = await startPrompt(readConfig(process.env), process.env);
} else {
  await openCommandLine(readConfig(process.env), process.env).parseAsync();
}
