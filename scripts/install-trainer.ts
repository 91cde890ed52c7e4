import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { MillraceError } from '../src/errors.ts';
import { type EnvironmentProgress, prepareEnvironment } from '../src/worker/train/environment.ts';

// Creates the trainer's Python environment ahead of the first TO TRAIN, and prints its Python.
try {
  const { stateFolder } = readConfig(process.env);
  const given = process.env.MILLRACE_TRAINER_PYTHON;
  const onProgress = ({ packages, total, name }: EnvironmentProgress) =>
    console.error(`installing ${packages}/${total} ${name}`);
  console.log(given || (await prepareEnvironment({ folder: join(stateFolder, 'trainer'), onProgress })));
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  console.error(`error[${error.code}]: ${error.message}\n  ${error.hint}`);
  process.exitCode = 3;
}
