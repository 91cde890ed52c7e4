import { readConfig } from '../config.ts';
import { openCommandLine } from './commands/command-line.ts';

const { argv, stdin, stdout } = process;

if (argv.length === 2 && stdin.isTTY && stdout.isTTY) {
  const { startPrompt } = await import('./prompt/start-prompt.ts');
  process.exitCode = await startPrompt(readConfig(process.env), process.env);
} else {
  await openCommandLine(readConfig(process.env), process.env).parseAsync();
}
