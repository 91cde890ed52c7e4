// The commands of `millrace dataset` alone, for the image: node /app/docker/dataset/main.ts dataset import coco …
import { Command } from '@commander-js/extra-typings';
import { addDatasetCommands } from '../../src/cli/commands/dataset-commands.ts';
import { watchStandardStreams } from '../../src/cli/standard-output.ts';
import { readConfig } from '../../src/config.ts';

watchStandardStreams();
// Process 1 of a container ignores signals without a handler. What is unfinished is continued by the next run.
process.once('SIGTERM', () => process.exit(143));
const millrace = new Command('millrace').helpCommand(false).showHelpAfterError();
addDatasetCommands(millrace, readConfig(process.env), process.env);
await millrace.parseAsync();
