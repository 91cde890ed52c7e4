import { availableParallelism } from 'node:os';
import { errorRecord, MillraceError } from '../errors.ts';
import { describeModel } from './programs/describe-model.ts';

/** Loads the model file that the command line names, and says in one line of JSON what it is or why it cannot be loaded. */
try {
  const settings = { device: 'cpu', threads: availableParallelism(), imageSize: null } as const;
  say({ model: await describeModel({ ...settings, modelFile: process.argv[2] ?? '', modelRoot: null }) });
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  say({ error: errorRecord(error) });
  process.exitCode = 1;
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
