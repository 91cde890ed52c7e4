import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { MillraceError } from '../src/errors.ts';
import { prepareEnvironment } from '../src/worker/train/environment.ts';

// Creates the trainer's Python environment ahead of the first TO TRAIN, and prints its Python.
try {
  const { stateFolder } = readConfig(process.env);
  const python = await prepareEnvironment({
    folder: join(stateFolder, 'trainer'),
    onProgress: ({ packages, total, name }) => console.error(`installing ${packages}/${total} ${name}`),
  });
  console.log(python);
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  console.error(`error[${error.code}]: ${error.message}\n  ${error.hint}`);
  process.exitCode = 3;
}
