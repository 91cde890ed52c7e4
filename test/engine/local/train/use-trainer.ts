import { afterAll, beforeAll } from 'vitest';
import { INSTALL_MS, trainerPython } from '../../../trainer/python.ts';

/** The environment that the tests of the trainer made, for the workers of this file. */
export function useTrainer(): void {
  let before: string | undefined;
  beforeAll(async () => {
    before = process.env.MILLRACE_TRAINER_PYTHON;
    process.env.MILLRACE_TRAINER_PYTHON = await trainerPython();
  }, INSTALL_MS);
  afterAll(() => {
    if (before === undefined) delete process.env.MILLRACE_TRAINER_PYTHON;
    else process.env.MILLRACE_TRAINER_PYTHON = before;
  });
}
